"""Clients in JavaScript, unchanged: what `make clients` installs by tests/clients/javascript/package.json."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_sync_client

from tests.clients.test_clients import ASK
from tests.server.inside import listening
from tests.server.process import start_dev
from tests.server.production import cluster
from tests.support import EXAMPLES, ROOT

HERE = ROOT / "tests" / "clients" / "javascript"
NOTICE = base64.b64encode((EXAMPLES / "notice.png").read_bytes()).decode()


def told(script: str, *arguments: str) -> dict[str, Any]:
    """What a script of the folder tells, by name; it is given a picture in base64."""
    command = ["node", script, *arguments]
    ended = subprocess.run(command, cwd=HERE, input=NOTICE, capture_output=True, text=True, timeout=200)  # noqa: S603
    assert ended.returncode == 0, ended.stderr[-2000:]
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {line["name"]: line["told"] for line in lines}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(tmp_path_factory.mktemp("javascript")) as address:
        yield address


def test_openai_s_client_and_the_ai_sdk(url: str) -> None:
    answers = told("openai.mjs", url, ASK)
    assert "Welcome to our garden" in answers.pop("AI SDK, a picture")
    assert len(answers) == 5
    assert all("positive" in answer for answer in answers.values())


def test_the_official_client_of_mcp(url: str) -> None:
    answers = told("mcp.mjs", url)
    assert answers["output schemas"] is True
    assert "Welcome to our garden" in answers["the graph"]
    assert "Welcome to our garden" in answers["a task"]
    assert answers["progress"][-1]["progress"] == answers["progress"][-1]["total"] == 2
    assert answers["a picture"] == ["text", "image"]


def test_the_inspector_lists_and_calls_the_tools(url: str) -> None:
    where = ["node_modules/.bin/mcp-inspector", "--cli", f"{url}/mcp", "--transport", "http"]
    what = ["--method", "tools/call", "--tool-name", "text-classification", "--tool-arg", "text=I am so happy"]
    for asked in (["--method", "tools/list"], what):
        ended = subprocess.run([*where, *asked], cwd=HERE, capture_output=True, text=True, timeout=100, env=os.environ)  # noqa: S603
        assert ended.returncode == 0, ended.stderr[-2000:]
        answer = json.loads(ended.stdout)
    assert answer["structuredContent"]["data"]["label"] == "positive"


@pytest.fixture(scope="module", params=["langgraph dev", "production"])
def chat_ui(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What became of agent-chat-ui's forms on a server, with an assistant that asks before it runs a plan."""
    folder: Path = tmp_path_factory.mktemp("chat_ui")
    if request.param == "production":
        with cluster(folder) as made:
            yield chatted(made.servers[0].url, made.ann)
        return
    server = start_dev(folder, graph="benchmarks.support.waiting:graph")
    try:
        yield chatted(server.url)
    finally:
        server.stop()


def chatted(url: str, *key: str) -> dict[str, Any]:
    with get_sync_client(url=url, api_key=key[0] if key else None) as client:
        made = client.assistants.create("hugginggpt", context={"approve_plan": True}, name="with approval")
    return told("chat_ui.mjs", url, made["assistant_id"], *key)


def test_the_page_shows_the_plan_with_a_form(chat_ui: dict[str, Any]) -> None:
    for name in ("approve", "edit", "reject"):
        assert chat_ui[f"{name}: asked"] == ["run_plan", ["approve", "edit", "reject"]]


def test_a_plan_is_approved_edited_as_text_or_rejected_with_a_reason(chat_ui: dict[str, Any]) -> None:
    both = ["text-classification done", "summarization done"]
    assert [chat_ui[name]["done"] for name in ("approve", "edit")] == [both, ["summarization done"]]
    assert chat_ui["reject"]["done"] == ["text-classification cancelled", "summarization cancelled"]
    assert "Too dear." in chat_ui["reject"]["last"]
    assert not any(chat_ui[name]["asked"] for name in ("approve", "edit", "reject", "mistake"))


def test_a_mistake_in_the_edited_text_is_told_and_asked_about_again(chat_ui: dict[str, Any]) -> None:
    assert "tasks: " in chat_ui["told"]
    assert chat_ui["mistake"]["done"] == ["text-classification done", "summarization done"]


def test_an_answer_is_made_again_and_a_message_edited(chat_ui: dict[str, Any]) -> None:
    assert len(chat_ui["regenerate"]) == 2
    assert "waited: 0 s b" in chat_ui["regenerate"][1]
    human, answer = chat_ui["edit a message"]
    assert ("0 s c" in human, "waited: 0 s c" in answer) == (True, True)


def test_a_conversation_goes_on_after_its_plan_was_marked_as_resolved(chat_ui: dict[str, Any]) -> None:
    """The mark itself does nothing to a LangGraph graph: its plan runs neither then nor later."""
    assert chat_ui["resolve"]["done"] == []
    assert "waited: 0 s d" in chat_ui["after resolving"][-1]
    assert "waited: 0 s a" not in str(chat_ui["after resolving"])
