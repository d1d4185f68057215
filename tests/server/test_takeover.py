"""Servers and databases that fail: every request is answered once, and no finished task is run again."""

import asyncio
import itertools
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from benchmarks.support.databases import postgres
from tests.server.process import start
from tests.server.production import GRAPH, QUICK, Cluster, cluster, human, until

pytestmark = pytest.mark.slow
TWO_TASKS = 'Classify the sentiment of "0.1 s". Summarize "{} s".'


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("takeover")) as made:
        yield made


async def begun(pair: Cluster, client: LangGraphClient, seconds: float) -> tuple[str, str]:
    """A thread and its run of a quick and a slow task, of which the quick one has ended."""
    thread = (await client.threads.create())["thread_id"]
    run = await client.runs.create(thread, GRAPH, input=human(TWO_TASKS.format(seconds)))
    await until(lambda: _ended_tasks(pair.database.url, thread))
    return thread, run["run_id"]


def _ended_tasks(database: str, thread: str) -> bool:
    """Whether the checkpoint holds the result of some task."""
    with psycopg.connect(database) as connection:
        ended = "SELECT 1 FROM checkpoint_writes WHERE thread_id = %s AND channel = '__return__'"
        return connection.execute(ended, (thread,)).fetchone() is not None


async def once(client: LangGraphClient, thread: str, ended_before: float) -> None:
    """Both tasks are done, the quick one before that time; one question, one answer."""
    state: Any = (await client.threads.get_state(thread))["values"]
    assert [message["type"] for message in state["messages"]] == ["human", "ai"]
    quick, slow = state["results"]
    assert (quick["status"], slow["status"]) == ("done", "done")
    assert quick["ended"] < ended_before < slow["ended"]


async def test_what_a_killed_process_was_running_goes_on_in_the_other(pair: Cluster) -> None:
    async with pair.client(0) as here, pair.client(1) as there:
        thread, run = await begun(pair, here, 8)
        runner = pair.runner_of(run)
        pair.servers[runner].process.send_signal(signal.SIGKILL)
        killed, survivor = time.time(), (here, there)[1 - runner]
        await survivor.runs.join(thread, run)
        await once(survivor, thread, killed)
    pair.restore(runner)


async def test_a_stopped_process_lets_streams_end_and_hands_over_what_takes_longer(pair: Cluster) -> None:
    async with pair.client(0) as here, pair.client(1) as there:
        thread, run = await begun(pair, here, 25)
        runner = pair.runner_of(run)
        own, other = (here, there)[runner], (here, there)[1 - runner]
        stream = own.runs.stream(None, GRAPH, input=human('Summarize "0.5 s"'), stream_mode="custom")
        kinds: list[str] = [(await anext(stream)).event]  # it runs
        pair.servers[runner].process.send_signal(signal.SIGTERM)
        stopped = time.time()
        parts = [part async for part in stream]
        assert kinds == ["metadata"]
        assert any(part.data.get("event") == "finished" for part in parts if part.event == "custom")
        await other.runs.join(thread, run)
        await once(other, thread, stopped)
    assert pair.servers[runner].process.wait(60) in {0, -signal.SIGTERM}
    pair.restore(runner)


async def test_clients_that_close_their_streams_hold_nobody_up(pair: Cluster) -> None:
    limits = httpx.Limits(max_connections=50)
    headers = {"X-Api-Key": pair.ann}
    async with httpx.AsyncClient(base_url=pair.servers[0].url, headers=headers, limits=limits, timeout=60) as http:
        body = {"assistant_id": GRAPH, "input": human('Summarize "600 s"'), "stream_mode": ["values"]}
        for path in ("/runs/stream", "/v1/chat/completions"):
            if path.startswith("/v1"):
                asked = [{"role": "user", "content": 'Summarize "600 s"'}]
                body = {"model": GRAPH, "stream": True, "messages": asked}
            request = http.build_request("POST", path, json=body)
            streams = await asyncio.gather(*(http.send(request, stream=True) for _ in range(20)))
            assert {stream.status_code for stream in streams} == {200}
            await asyncio.gather(*(stream.aclose() for stream in streams))
        await until(lambda: pair.ask("SELECT count(*) FROM runs WHERE status IN ('pending', 'running')") == [(0,)])
        assert (await http.get("/health")).status_code == 200
    async with pair.client() as client:
        made: Any = await client.runs.wait(None, GRAPH, input=human('Summarize "0 s"'))
        assert made["results"][0]["status"] == "done"


async def asks(client: LangGraphClient, number: int, threads: int) -> tuple[str, str]:
    """Ask until answered: what is refused has not been run, what is cut off can be looked up."""
    thread, words = f"00000000-0000-4000-8000-{threads:012d}", f'Summarize "0 s, number {number}"'
    for _ in range(120):
        try:
            run = await client.runs.create(thread, GRAPH, input=human(words), if_not_exists="create")
            return thread, run["run_id"]
        except httpx.HTTPError:
            await asyncio.sleep(0.25)
    raise AssertionError("The server did not recover.")


@pytest.mark.timeout(300)
async def test_a_restart_of_the_database_under_load_mends_itself(pair: Cluster) -> None:
    async with pair.client(0) as here, pair.client(1) as there:
        clients, numbers = itertools.cycle([here, there]), itertools.count()
        loading = [asyncio.create_task(_asked(next(clients), numbers, 6)) for _ in range(4)]
        await asyncio.sleep(0.5)
        await asyncio.to_thread(pair.database.crash)
        assert (await asyncio.to_thread(httpx.get, pair.servers[0].url + "/health", timeout=30)).status_code == 503
        await asyncio.to_thread(pair.database.start)
        await asyncio.gather(*loading)
        # A lost lease or queue entry is noticed within 35 s; beside busy processes both may come twice
        ended = "SELECT count(*) FROM runs WHERE status IN ('pending', 'running')"
        await until(lambda: pair.ask(ended) == [(0,)], 180)
        for client in (here, there):
            made: Any = await client.runs.wait(None, GRAPH, input=human('Summarize "0 s"'))
            assert made["results"][0]["status"] == "done"
    for server in pair.servers:
        assert (await asyncio.to_thread(httpx.get, server.url + "/health", timeout=30)).status_code == 200


async def _asked(client: LangGraphClient, numbers: "itertools.count[int]", times: int) -> None:
    for _ in range(times):
        number = next(numbers)
        await asks(client, number, number)


async def test_a_lost_redis_delays_and_loses_nothing(pair: Cluster) -> None:
    async with pair.client() as client:
        thread = (await client.threads.create())["thread_id"]
        running = await client.runs.create(thread, GRAPH, input=human('Summarize "2 s"'))
        await asyncio.to_thread(pair.queue.stop)
        await until(lambda: pair.ask("SELECT status FROM runs WHERE run_id = %s", running["run_id"]) == [("success",)])
        await asyncio.to_thread(pair.queue.start)
        made: Any = await client.runs.wait(None, GRAPH, input=human('Summarize "0 s"'))
        assert made["results"][0]["status"] == "done"


async def test_many_requests_to_three_processes_are_neither_lost_nor_doubled_nor_interleaved(pair: Cluster) -> None:
    """200 requests on 20 threads over three processes."""
    pair.launch("third")
    clients = [pair.client(number) for number in range(3)]
    threads = [(await clients[0].threads.create())["thread_id"] for _ in range(20)]

    async def talk(thread: str, sent: int) -> None:
        for turn in range(sent):
            client = clients[turn % 3]
            await client.runs.wait(thread, GRAPH, input=human(f'Summarize "0 s, {thread} {turn}"'))

    try:
        await asyncio.gather(*(talk(thread, 5) for thread in threads), *(talk(thread, 5) for thread in threads))
        for thread in threads:
            values: Any = (await clients[0].threads.get_state(thread))["values"]
            said = [(message["type"], message["content"]) for message in values["messages"]]
            assert [kind for kind, _ in said] == ["human", "ai"] * 10
            asked = [content for kind, content in said if kind == "human"]
            assert sorted(asked) == sorted([f'Summarize "0 s, {thread} {turn}"' for turn in range(5)] * 2)
            for (_, question), (_, answer) in zip(said[::2], said[1::2], strict=True):
                assert question.partition('"')[2].rstrip('"') in answer
    finally:
        for client in clients:
            await client.aclose()
        pair.servers.pop().stop()


async def test_one_process_without_redis_frees_what_it_was_running_when_it_was_killed(tmp_path: Path) -> None:
    with postgres() as database:
        env = {**QUICK, "HUGGINGGPT_DATABASE": database.url}
        first = start(["benchmarks.support.waiting"], tmp_path / "first", "/health", **env)
        with pytest.raises(RuntimeError, match="HUGGINGGPT_REDIS"):
            start(["benchmarks.support.waiting"], tmp_path / "second", "/health", **env)
        async with get_client(url=first.url) as client:
            thread = (await client.threads.create())["thread_id"]
            run = await client.runs.create(thread, GRAPH, input=human(TWO_TASKS.format(8)))
            await until(lambda: _ended_tasks(database.url, thread))
        first.stop(signal.SIGKILL)
        killed = time.time()
        again = start(["benchmarks.support.waiting"], tmp_path / "again", "/health", **env)
        try:
            async with get_client(url=again.url) as client:
                assert (await client.runs.get(thread, run["run_id"]))["status"] == "interrupted"
                await client.runs.wait(thread, GRAPH, input=None)
                await once(client, thread, killed)
        finally:
            again.stop()
