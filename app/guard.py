"""What becomes of errors on the command line: one sentence and an exit code, or, for our own bugs, an apology.

| code | meaning |
|---|---|
| 0 | everything asked for was done |
| 1 | some task failed, or a bug |
| 2 | the input, an option or the configuration cannot be used |
| 3 | no plan for the request |
| 4 | every model failed |
| 130 | stopped with Ctrl-C |
"""

import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any, ParamSpec

import typer

from tools.errors import HuggingGPTError

STOPPED = 130
P = ParamSpec("P")


def debugging() -> bool:
    """Whether bugs should show their traceback."""
    return os.environ.get("HUGGINGGPT_DEBUG", "") not in {"", "0"}


def emit(value: dict[str, Any]) -> None:
    """Print the one JSON object that ``--json`` promises."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def fail(message: str, code: int, *, as_json: bool = False) -> typer.Exit:
    """Tell what went wrong on stderr, as JSON on stdout too when asked, and give the exit to raise."""
    typer.secho(message, fg="red", err=True)
    if as_json:
        emit({"error": message, "exit_code": code})
    return typer.Exit(code)


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Let a command end in a sentence instead of a traceback."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            command(*args, **kwargs)
        except HuggingGPTError as error:
            raise fail(str(error), error.exit_code, as_json=as_json) from error
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:  # the reader of our output has gone, as in `| head`
            sys.stderr.close()
            os._exit(0)
        except Exception as error:
            if debugging():
                raise
            apology = f"Sorry, that is a bug: {type(error).__name__}: {error}. `hugginggpt --debug ...` shows where."
            raise fail(apology, 1, as_json=as_json) from error

    return wrapper
