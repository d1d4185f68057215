"""The graph and its tasks as MCP tools, through the real MCP client."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import numpy as np
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from app.server.mcp import SHOWN
from benchmarks.support.stubs import StubBackend
from tests.server.inside import listening
from tests.server.process import Guarded, Server
from tests.support import ROOT
from tools.protocol import Audio, Call, Output

NOTICE = (ROOT / "examples" / "notice.png").read_bytes()


@pytest.fixture(scope="module")
def picture(dev: Server) -> str:
    files = {"file": ("notice.png", NOTICE)}
    return str(httpx.post(dev.url + "/uploads", files=files, timeout=30).json()[0]["resource"])


@asynccontextmanager
async def connected(server: Server, key: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(server.url + "/mcp", http_client=http)) as client,
    ):
        yield client


async def fetch(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


async def test_the_graph_and_every_runnable_task_are_tools(dev: Server) -> None:
    async with Client(dev.url + "/mcp") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert {"hugginggpt", "image-to-text", "canny-control", "text-classification"} <= set(tools)
    assert "text-to-video" not in tools  # nothing here can run it
    assert tools["image-to-text"].input_schema["required"] == ["image"]
    assert not {"model", "backend"} & set(tools["image-to-text"].input_schema["properties"])
    assert all(tool.description for tool in tools.values())


async def test_the_graph_answers_with_clean_json(dev: Server, picture: str) -> None:
    async with Client(dev.url + "/mcp") as client:
        asked = {"request": "Read the text in the picture and show its outlines.", "resources": [picture]}
        made: Any = await client.call_tool("hugginggpt", asked)
    assert not made.is_error
    answer = made.structured_content
    assert "Welcome to our garden" in answer["answer"]
    assert made.content[0].text == answer["answer"]
    done = {each["task"]["task"]: each for each in answer["tasks"]}
    assert done["image-to-text"]["status"] == "done"
    assert (await fetch(done["canny-control"]["files"][0])).headers["content-type"] == "image/png"


async def test_a_single_task_gives_its_result_and_links(dev: Server, picture: str) -> None:
    async with Client(dev.url + "/mcp") as client:
        read: Any = await client.call_tool("image-to-text", {"image": picture})
        lines: Any = await client.call_tool("canny-control", {"image": picture})
    assert "Welcome to our garden" in read.structured_content["text"]
    assert (await fetch(lines.structured_content["files"][0])).status_code == 200


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("none", {}, "no tool 'none'"),
        ("text-to-video", {"text": "x"}, "can run here"),
        ("hugginggpt", {}, "request"),
        ("hugginggpt", {"request": ""}, "request"),
        ("hugginggpt", {"request": "x", "llm": "openai:x"}, "llm"),
        ("canny-control", {}, "image"),
        ("canny-control", {"image": 7}, "image"),
        ("canny-control", {"image": "x.png", "backend": "local"}, "backend"),
        ("canny-control", {"image": "/etc/passwd"}, "passwd"),
        ("canny-control", {"image": "../../etc/passwd"}, "passwd"),
        ("canny-control", {"image": "http://127.0.0.1:1/x.png"}, "127.0.0.1"),
    ],
)
async def test_a_bad_call_is_an_error_that_says_why(
    dev: Server, name: str, arguments: dict[str, Any], told: str
) -> None:
    async with Client(dev.url + "/mcp") as client:
        made: Any = await client.call_tool(name, arguments)
    assert made.is_error
    assert told in made.content[0].text
    assert "Traceback" not in made.content[0].text


async def test_files_of_one_owner_are_not_another_s(guarded: Guarded) -> None:
    with guarded.client(guarded.ann) as ann:
        picture = ann.post("/uploads", files={"file": ("notice.png", NOTICE)}).json()[0]["resource"]
    async with connected(guarded.server, guarded.ann) as client:
        mine: Any = await client.call_tool("image-to-text", {"image": picture})
    async with connected(guarded.server, guarded.bob) as client:
        theirs: Any = await client.call_tool("image-to-text", {"image": picture})
    assert not mine.is_error
    assert theirs.is_error
    assert "Welcome" not in theirs.content[0].text


async def test_whoever_asks_is_told_of_progress(dev: Server, picture: str) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def listen(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with Client(dev.url + "/mcp") as client:
        asked = {"request": "Read the text in the picture and show its outlines.", "resources": [picture]}
        made: Any = await client.call_tool("hugginggpt", asked, progress_callback=listen)
    assert not made.is_error
    shares = [progress for progress, _, _ in told]
    assert shares == sorted(set(shares))
    assert told[-1][:2] == (2, 2)
    assert {"image-to-text: done", "canny-control: done"} <= {str(message) for _, _, message in told}


async def make(call: Call) -> Output:
    """A recording where one is asked for, and a picture: of noise, which is large, unless the text is short."""
    if call.task.name == "text-to-speech":
        return Output(media=(Audio(np.sin(np.arange(16_000) / 9).astype(np.float32), 16_000),))
    noise = np.random.default_rng(0).integers(0, 255, (800, 800, 3), np.uint8)
    return Output(media=(Image.fromarray(noise if call.inputs["text"] == "noise" else noise[:8, :8]),))


async def in_turn(url: str, *calls: tuple[str, str]) -> list[Any]:
    """What stands beside the text in the results of tools that take a text."""
    async with Client(f"{url}/mcp") as client:
        made: list[Any] = [await client.call_tool(name, {"text": text}) for name, text in calls]
    return [each.content[1] for each in made]


def test_what_is_made_stands_in_the_result_or_as_a_link_where_it_is_large(
    stubs: Callable[..., StubBackend], tmp_path: Path
) -> None:
    stubs(anything=make)
    calls = ("text-to-speech", "hello"), ("text-to-image", "a dot"), ("text-to-image", "noise")
    with listening(tmp_path) as url:
        sound, picture, noise = asyncio.run(in_turn(url, *calls))
        assert noise.size == len(httpx.get(noise.uri).content) > SHOWN
    assert (sound.type, picture.type, noise.type) == ("audio", "image", "resource_link")
    assert (sound.mime_type, picture.mime_type, noise.mime_type) == (
        mimetypes.types_map[".wav"],
        "image/png",
        "image/png",
    )


@pytest.mark.parametrize("key", [None, "no-key-of-anybody"])
def test_a_client_without_a_key_is_asked_for_a_bearer(guarded: Guarded, key: str | None) -> None:
    headers = {"Accept": "application/json, text/event-stream"} | ({"Authorization": f"Bearer {key}"} if key else {})
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    refused = httpx.post(f"{guarded.server.url}/mcp", json=asked, headers=headers, timeout=30)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
