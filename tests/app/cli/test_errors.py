"""Errors on the command line."""

import json
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner, Result

from app.cli.errors import guarded
from tools.errors import ConfigError, HuggingGPTError, InputError, ModelError, PlanError


def failing(error: BaseException, *args: str) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    @guarded
    def command(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        raise error

    return CliRunner().invoke(app, list(args))


@pytest.mark.parametrize(
    ("error", "code"),
    [(HuggingGPTError, 1), (InputError, 2), (ConfigError, 2), (PlanError, 3), (ModelError, 4)],
)
def test_each_kind_of_error_has_its_code(error: type[HuggingGPTError], code: int) -> None:
    done = failing(error("Do this instead."))
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", "Do this instead.\n")


def test_with_json_the_error_is_the_one_object_on_stdout() -> None:
    done = failing(InputError("Give a file."), "--json")
    assert json.loads(done.stdout) == {"error": "Give a file.", "exit_code": 2}


def test_a_bug_is_an_apology_that_names_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUGGINGGPT_DEBUG", raising=False)
    done = failing(KeyError("slot"))
    assert done.exit_code == 1
    assert "--debug" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_is_shown_whole_when_debugging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_DEBUG", "1")
    assert isinstance(failing(KeyError("slot")).exception, KeyError)
