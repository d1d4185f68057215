"""Our own server process, with conversations in a real Postgres, through the LangGraph SDK."""

import asyncio
import base64
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.errors import NotFoundError

from app.server import keys
from tests.server.postgres import Postgres, postgres
from tests.server.process import Server, start
from tests.support import ROOT

GRAPH = "hugginggpt"
NOTICE = base64.b64encode((ROOT / "examples" / "notice.png").read_bytes()).decode()


def human(words: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "human", "content": [{"type": "text", "text": words}, *blocks]}]}


def serve(folder: Path, database: str = "", module: str = "benchmarks.support.waiting", **env: str) -> Server:
    command = ["app.cli.main", "serve"] if module == "app.cli.main" else [module]
    env |= {"HUGGINGGPT_DATABASE": database} if database else {}
    return start(command, folder, "/health", HUGGINGGPT_GRACE="1", **env)


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="module")
def server(database: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = serve(tmp_path_factory.mktemp("standalone"), database.url)
    yield running
    running.stop()


async def test_a_conversation_is_kept_over_a_restart(tmp_path: Path) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{NOTICE}"}}
    first = serve(tmp_path, module="app.cli.main")
    async with get_client(url=first.url) as client:
        thread = (await client.threads.create())["thread_id"]
        made: Any = await client.runs.wait(thread, GRAPH, input=human("Show me the outlines of this picture.", picture))
        assert re.search(rf"{first.url}/artifacts/[\w-]*edges\.png", made["messages"][-1]["content"])
    first.stop()
    second = serve(tmp_path, module="app.cli.main")
    try:
        async with get_client(url=second.url) as client:
            made = await client.runs.wait(thread, GRAPH, input=human("Read the text in the picture."))
            assert "Welcome to our garden" in made["messages"][-1]["content"]
            await client.threads.delete(thread)
            assert (await client.threads.get_state(thread))["values"] == {}
    finally:
        second.stop()


async def test_runs_stream_and_state_can_be_read(server: Server) -> None:
    async with get_client(url=server.url) as client:
        thread = (await client.threads.create())["thread_id"]
        modes: Any = ["values", "updates", "custom", "messages-tuple"]
        stream = client.runs.stream(thread, GRAPH, input=human('Summarize "0 s"'), stream_mode=modes)
        kinds = {part.event async for part in stream}
        assert {"metadata", "values", "updates", "custom", "messages"} <= kinds
        state: Any = await client.threads.get_state(thread)
    assert state["next"] == []
    assert state["values"]["results"][0]["text"] == "waited: 0 s"


async def test_two_processes_never_run_one_conversation_at_once(
    server: Server, database: Postgres, tmp_path: Path
) -> None:
    other = serve(tmp_path, database.url)
    try:
        async with get_client(url=server.url) as here, get_client(url=other.url) as there:
            thread = (await here.threads.create())["thread_id"]
            running = asyncio.create_task(here.runs.wait(thread, GRAPH, input=human('Summarize "2 s"')))
            await asyncio.sleep(0.7)
            for client in (there, here):
                with pytest.raises(httpx.HTTPStatusError, match="409"):
                    await client.runs.wait(thread, GRAPH, input=human('Summarize "0 s"'))
            await running
            made: Any = await there.runs.wait(thread, GRAPH, input=human('Summarize "0 s"'))
            assert len(made["messages"]) == 4
    finally:
        other.stop()


@pytest.mark.slow
async def test_a_stopped_server_leaves_its_requests_to_be_resumed(database: Postgres, tmp_path: Path) -> None:
    first = serve(tmp_path, database.url)
    async with get_client(url=first.url) as client:
        thread = (await client.threads.create())["thread_id"]
        asked = human('Classify the sentiment of "0.1 s". Summarize "4 s".')
        running = asyncio.create_task(client.runs.wait(thread, GRAPH, input=asked))
        await asyncio.sleep(1.5)
        await asyncio.to_thread(first.stop, signal.SIGTERM)
        await asyncio.gather(running, return_exceptions=True)
    stopped = time.time()
    second = serve(tmp_path, database.url)
    try:
        async with get_client(url=second.url) as client:
            state: Any = await client.threads.get_state(thread)
            assert state["next"] == ["execute"]
            made: Any = await client.runs.wait(thread, GRAPH, input=None)
    finally:
        second.stop()
    quick, slow = made["results"]
    assert (quick["status"], slow["status"]) == ("done", "done")
    assert quick["ended"] < stopped < slow["ended"]  # what was finished was not run again


async def test_users_have_their_own_conversations(database: Postgres, tmp_path: Path) -> None:
    ann, bob = keys.add(tmp_path / "keys.json", "ann"), keys.add(tmp_path / "keys.json", "bob")
    server = serve(tmp_path, database.url, HUGGINGGPT_KEYS=str(tmp_path / "keys.json"))
    try:
        async with get_client(url=server.url, api_key=ann) as hers, get_client(url=server.url, api_key=bob) as his:
            thread = (await hers.threads.create())["thread_id"]
            await hers.runs.wait(thread, GRAPH, input=human('Summarize "0 s"'))
            assert (await his.threads.get_state(thread))["values"] == {}
            await his.threads.delete(thread)
            assert (await hers.threads.get_state(thread))["values"] != {}
        for path in ("/threads", f"/threads/{thread}/runs/wait", f"/threads/{thread}/runs/stream", "/mcp", "/feedback"):
            async with httpx.AsyncClient(base_url=server.url) as nobody:
                assert (await nobody.post(path, json={})).status_code == 401
    finally:
        server.stop()


async def test_bad_requests_are_told_what_is_wrong(server: Server) -> None:
    async with get_client(url=server.url) as client:
        with pytest.raises(NotFoundError, match="UUID"):
            await client.threads.get_state("none")
    thread = "/threads/00000000-0000-4000-8000-000000000000/runs/wait"
    async with httpx.AsyncClient(base_url=server.url) as plain:
        for body, named in (
            ({"assistant_id": "other"}, "assistant_id"),
            ({"context": {"mode": "warp"}}, "context.mode"),
            ({"checkpoint": {}}, "checkpoint"),
            ({"input": {}, "command": {"resume": 1}}, "waits for no answer"),
            ({"input": human("x"), "command": {"resume": 1}}, "not both"),
        ):
            reply = await plain.post(thread, json=body)
            assert reply.status_code in {400, 422}
            assert named in reply.json()["detail"]


def test_an_open_address_without_keys_or_a_database_out_of_reach_is_refused(tmp_path: Path) -> None:
    for env, command in (
        ({}, ["app.cli.main", "serve", "--host", "0.0.0.0"]),  # noqa: S104 - what must be refused
        ({"HUGGINGGPT_DATABASE": "postgresql://me:secret@127.0.0.1:1/none"}, ["app.cli.main", "serve"]),
    ):
        with pytest.raises(RuntimeError, match=r"HUGGINGGPT_(KEYS|DATABASE)") as refused:
            start(command, tmp_path, "/health", **env)
        assert "secret" not in str(refused.value)


def test_health_tells_when_the_database_is_gone(tmp_path: Path) -> None:
    with postgres() as database:
        server = serve(tmp_path, database.url)
        try:
            assert httpx.get(server.url + "/health").status_code == 200
            database.stop()
            assert httpx.get(server.url + "/health", timeout=10).status_code == 503
        finally:
            server.stop()
