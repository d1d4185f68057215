"""Plans are written while the files that they are about are still on their way."""

import asyncio
import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import BaseMessage, HumanMessage
from PIL import Image

from benchmarks.support.fakes import QueueChat
from benchmarks.support.stubs import StubBackend
from graph import graph
from graph.chat_models import register
from graph.context import Context
from graph.conversation import read
from tests.support.loopback import running
from tools.protocol import Call, Output
from tools.settings import process_settings

HELD = threading.Event()  # what the site holds back until a test, or its model, lets go


def picture(seed: int) -> bytes:
    """A PNG that is larger than what tells its format."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (80, 80, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


class Site(BaseHTTPRequestHandler):
    """Sends the start of every file at once, and the rest when it may."""

    def do_GET(self) -> None:
        if self.path == "/gone.png":
            HELD.wait(60)
            self.send_error(404)
            return
        body = picture(len(self.path)) if self.path != "/page.png" else b"<html>No picture.</html>"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body[:5000])
        self.wfile.flush()
        HELD.wait(60)
        self.wfile.write(body[5000:])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("HUGGINGGPT_PRIVATE_ADDRESSES", "true")
    process_settings.cache_clear()
    HELD.clear()
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Site)) as server:
        yield f"http://127.0.0.1:{server.server_port}"
        HELD.set()


async def width(call: Call) -> Output:
    return Output(text=f"{call.inputs['image'].width} pixels wide")


async def run(text: str, chat: QueueChat, *files: str) -> dict[str, Any]:
    register("queue", lambda _: chat)
    context = Context(llm="queue:test", select="rank", cache=False)
    async with asyncio.timeout(60):
        return await graph.ainvoke({"messages": [HumanMessage(text)], "resources": list(files)}, context=context)


def planner(plan: str) -> QueueChat:
    """Lets the site go on once it is asked for the plan: whoever waits for the file before that waits in vain."""

    def answer(messages: list[BaseMessage]) -> str:
        HELD.set()
        return plan if messages[0].text.startswith("Plan") else "Done."

    return QueueChat(answers=answer)


@pytest.mark.parametrize("path", ["/photo.png", "/photo"])
async def test_a_plan_is_written_while_a_picture_is_on_its_way(
    site: str, path: str, stubs: Callable[..., StubBackend]
) -> None:
    stubs(ruler=width)
    chat = planner('{"tasks":[{"image-to-text":{"image":"photo.png"}}]}')
    state = await run(f"What is in {site}{path}?", chat)
    assert state["results"][0].text == "80 pixels wide"
    assert "Files: photo.png\nRequest: What is in photo.png?" in chat.calls[0].messages[-1].text
    arrived = Path(state["plan"].tasks[0].args["image"])
    assert arrived.read_bytes() == picture(len(path))


@pytest.mark.parametrize(("path", "reason"), [("/gone.png", "answers 404"), ("/page.png", "it holds text")])
async def test_a_link_that_turns_out_bad_ends_planning_at_once(
    site: str, path: str, reason: str, stubs: Callable[..., StubBackend]
) -> None:
    def answer(_messages: list[BaseMessage]) -> str:
        HELD.set()
        return "A plan that nobody waits for."

    stubs(ruler=width)
    chat = QueueChat(answers=answer, first_token=600)
    state = await run("What is in it?", chat, site + path)
    assert reason in state["messages"][-1].text
    assert state["messages"][-1].response_metadata["exit_code"] == 2
    assert not state.get("plan")
    assert len(chat.calls) == 1


async def test_a_bad_local_file_costs_no_model_call(workspace: Path, stubs: Callable[..., StubBackend]) -> None:
    stubs(ruler=width)
    chat = QueueChat(answers=[])
    assert "does not exist" in (await run("What is in nowhere.png?", chat))["messages"][-1].text
    assert not chat.calls


async def test_a_damaged_picture_is_refused_although_its_first_bytes_are_good(
    workspace: Path, stubs: Callable[..., StubBackend]
) -> None:
    stubs(ruler=width)
    Path("torn.png").write_bytes(picture(1)[:3000])
    state = await run("What is in torn.png?", planner('{"tasks":[{"image-to-text":{"image":"torn.png"}}]}'))
    assert "damaged" in state["messages"][-1].text
    assert not state.get("plan")


async def test_files_named_alike_are_told_by_their_places(site: str, stubs: Callable[..., StubBackend]) -> None:
    stubs(ruler=width)
    HELD.set()
    links = [f"{site}/photo.png", f"{site}/other/photo.png"]
    chat = planner('{"tasks":[{"image-to-text":{"image":"photo.png"}}]}')
    state = await run("What is in them?", chat, *links)
    given = chat.calls[0].messages[-1].text.partition("Files: ")[2].partition("\n")[0].split(", ")
    assert [Path(name).name for name in given] == ["photo.png"] * 2
    assert len(set(given)) == 2
    assert [result.status for result in state["results"]] == ["done"]


async def test_a_command_leaves_links_to_the_run(workspace: Path) -> None:
    link = "http://127.0.0.1:9/nobody-asks.png"
    request = await read({"messages": [HumanMessage(f"What is in {link}?")], "resources": [], "seen": 0})
    assert (request.given, request.text) == ([link], f"What is in {link}?")
