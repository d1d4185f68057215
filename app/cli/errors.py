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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import typer
from typer.core import TyperGroup

from tools.errors import HuggingGPTError

STOPPED = 130
_AS_JSON = "hugginggpt.json"
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


class Commands(TyperGroup):
    """The commands, whose wrong use (an unknown option, a missing argument) is told as JSON too where asked for."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - private to typer
        """Read the options that stand before the command."""
        as_json = "--json" in args
        with _telling(as_json):
            context = super().make_context(info_name, args, *rest, **more)
        context.meta[_AS_JSON] = as_json
        return context

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - private to typer
        """Read the command and its options, and run it."""
        with _telling(ctx.meta[_AS_JSON]):
            return super().invoke(ctx)


@contextmanager
def _telling(as_json: bool) -> Iterator[None]:
    try:
        yield
    except typer.TyperException as error:
        if as_json:
            emit({"error": error.format_message(), "exit_code": error.exit_code})
        raise


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
