"""A file of tools for each test, and the strangers that listen."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from graph import graph
from graph.state import Result
from tests.support import ROOT
from tests.tools.extras.listening import listening
from tools import TOOLS, extras
from tools.settings import process_settings
from tools.tasks import TASKS

STDIO = f"env PYTHONPATH={ROOT} {sys.executable} -m tests.tools.extras.mcp_app"
Ask = Callable[..., Awaitable[tuple[list[Result], str]]]
Call = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(autouse=True)
def file(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty file of tools, and the task table put back afterwards."""
    before = dict(TASKS)
    monkeypatch.setenv("HUGGINGGPT_EXTRAS", "tools.toml")
    monkeypatch.setenv("HUGGINGGPT_ENDPOINT_TIMEOUT", "60")
    process_settings.cache_clear()
    Image.new("RGB", (64, 48), "navy").save("sea.png")
    yield workspace / "tools.toml"
    extras.load(workspace / "none.toml")
    for name in list(TOOLS):
        if name not in before:
            del TOOLS[name]
    assert before == TASKS


@pytest.fixture
def ask() -> Ask:
    """Asks the whole graph, offline: the results and the answer."""

    async def asking(request: str, *files: str) -> tuple[list[Result], str]:
        given: Any = {"messages": [("user", request)], "resources": list(files)}
        state = await graph.ainvoke(given, context={"llm": "offline", "approve_plan": "never"})  # type: ignore[arg-type]  # a dict is coerced
        return state.get("results") or [], state["messages"][-1].text

    return asking


@pytest.fixture
def call() -> Call:
    """Calls one tool as an agent would: what it made."""

    async def calling(name: str, /, **args: object) -> dict[str, Any]:
        message = await TOOLS[name].ainvoke({"type": "tool_call", "id": "1", "name": name, "args": args})
        made: dict[str, Any] = message.artifact
        return made

    return calling


@pytest.fixture(scope="session")
def mcp_url() -> Iterator[str]:
    with listening("mcp_app") as url:
        yield f"{url}mcp"


@pytest.fixture(scope="session")
def gradio_url() -> Iterator[str]:
    with listening("gradio_app") as url:
        yield url
