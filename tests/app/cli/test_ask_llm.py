"""Requests from the command line with a language model as controller: the real client, a loopback server."""

import json

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from tests.support import EXAMPLES
from tests.support.openai_server import OpenAIServer, openai_server

NOTICE = str(EXAMPLES / "notice.png")
PLAN = json.dumps({"tasks": [{"canny-control": {"image": NOTICE}}]})
ANSWER = "I drew the outlines of your notice."


@pytest.fixture(autouse=True)
def _own_server(workspace: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_BASE_URL", "")  # remembered, so that --base-url ends with the test
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def ask(server: OpenAIServer, request: str, *more: str) -> Result:
    command = ["ask", request, "--llm", "openai:stand-in", "--base-url", server.url, *more]
    return CliRunner().invoke(app, command)


def test_the_model_plans_and_answers_and_its_calls_are_counted() -> None:
    with openai_server(PLAN, ANSWER) as server:
        done = ask(server, f"Show me the outlines of {NOTICE}", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert [task["task"] for task in told["plan"]] == ["canny-control"]
    assert told["answer"].startswith(ANSWER)
    assert told["usage"]["total"]["calls"] == len(server.asked)
    assert server.asked[0]["model"] == "stand-in"


def test_small_talk_is_an_answer_not_an_error() -> None:
    with openai_server(json.dumps({"reply": "Hello, what can I do for you?"})) as server:
        done = ask(server, "hello")
    assert done.exit_code == 0
    assert done.stdout.strip() == "Hello, what can I do for you?"


def test_a_question_back_is_asked_and_ends_with_code_3() -> None:
    with openai_server(json.dumps({"question": "Which picture do you mean?"})) as server:
        done = ask(server, "describe the picture")
    assert done.exit_code == 3
    assert "Which picture do you mean?" in done.stderr


def test_a_controller_that_refuses_its_key_ends_in_one_sentence() -> None:
    with openai_server(401) as server:
        done = ask(server, f"Show me the outlines of {NOTICE}")
    assert done.exit_code in {2, 4}
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_where_a_controller_cannot_be_reached_the_rules_plan_and_say_so() -> None:
    with openai_server() as server:
        pass
    done = ask(server, f"Show me the outlines of {NOTICE}", "--json")
    assert done.exit_code == 0
    assert "Traceback" not in done.stderr
    made = json.loads(done.stdout)
    assert [task["task"] for task in made["plan"]] == ["canny-control"]
    assert any("without" in note or "by rule" in note for note in made["notes"])
