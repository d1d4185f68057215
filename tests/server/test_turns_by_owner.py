"""Every way to the graph and to single tools waits for its owner's turn."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from benchmarks.support.stubs import StubBackend
from graph import admission
from tests.server.inside import as_owner, new_key, serving
from tools.protocol import Call, Output

ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": 'Summarize "a story".'}]}
OPENAI = {"model": "hugginggpt", **ASKED}


def tool(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "OpenAI's": ("/v1/chat/completions", OPENAI),
    "OpenAI's, streamed": ("/v1/chat/completions", {**OPENAI, "stream": True}),
    "OpenAI's responses": ("/v1/responses", {"model": "hugginggpt", "input": 'Summarize "a story".'}),
    "OpenAI's embeddings": ("/v1/embeddings", {"model": "hugginggpt", "input": "a story"}),
    "the original": ("/hugginggpt", ASKED),
    "the original's results": ("/results", ASKED),
    "MCP, the whole graph": ("/mcp", tool("hugginggpt", {"request": 'Summarize "a story".'})),
    "MCP, one tool": ("/mcp", tool("summarization", {"text": "a story"})),
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def seen(stubs: Callable[..., StubBackend]) -> list[tuple[int, int]]:
    """(requests under way, requests that wait) whenever a model was called."""
    loads: list[tuple[int, int]] = []

    async def look(_: Call) -> Output:
        loads.append(admission.load())
        return Output(text="Short.", data=[0.5] * 4)

    stubs(look=look)
    return loads


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    key = new_key(tmp_path, "ann")
    with serving(tmp_path, keys=tmp_path / "keys.json") as opened:
        yield as_owner(opened, key)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_takes_a_turn_and_gives_it_back(client: TestClient, seen: list[tuple[int, int]], way: str) -> None:
    path, body = WAYS[way]
    reply = client.post(path, json=body, headers=ACCEPT)
    assert reply.status_code == 200, reply.text
    assert (seen, admission.load()) == ([(1, 0)], (0, 0)), reply.text


def test_waiting_requests_are_measured(client: TestClient) -> None:
    told = client.get("/metrics").text
    assert "hugginggpt_requests_begun 0.0" in told
    assert "hugginggpt_requests_waiting 0.0" in told
