"""Several server processes on one Postgres and one Redis, and models on two Ray nodes: what they add, how they scale.

    python -m benchmarks.cluster [--requests 200] [--json]
    python -m benchmarks.cluster --show

``--show`` kills a server, takes Redis away and kills a Ray node while requests run, and counts the answers. The
servers' model only waits, so that serving alone is measured; both databases are real ones on loopback ports.
"""

import argparse
import asyncio
import itertools
import json
import os
import signal
import statistics
import time
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import httpx
from langchain_core.messages import HumanMessage

from benchmarks import cluster_models
from benchmarks.support.databases import Redis, postgres, redis
from benchmarks.support.servers import server
from graph.context import Context

AT_ONCE = 16  # clients
QUICK = {"LEASE_DURATION_SECONDS": "10", "HEARTBEAT_INTERVAL_SECONDS": "1", "REAPER_INTERVAL_SECONDS": "1"}


class Process(NamedTuple):
    """A server."""

    url: str
    pid: int


def asked(words: str) -> dict[str, Any]:
    """The body of a run."""
    return {"assistant_id": "hugginggpt", "input": {"messages": [{"role": "human", "content": words}]}}


@contextmanager
def servers(processes: int, **settings: str) -> Iterator[tuple[list[Process], Redis]]:
    """So many servers on new databases."""
    with ExitStack() as stack:
        database, queue = stack.enter_context(postgres()), stack.enter_context(redis())
        settings |= {"HUGGINGGPT_DATABASE": database.url, "HUGGINGGPT_REDIS": queue.url}
        yield [Process(*stack.enter_context(server(page=False, **settings))) for _ in range(processes)], queue


async def seconds(work: Awaitable[object]) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    await work
    return time.perf_counter() - begun


async def added(client: httpx.AsyncClient, rounds: int) -> dict[str, float]:
    """Milliseconds that a run through the server takes more than the graph in this process, medians taken in turn."""
    from benchmarks.support.waiting import graph

    async def here(number: int) -> None:
        given = {"messages": [HumanMessage(f'Summarize "0 s, {number}"')]}
        await graph.ainvoke(given, context=Context(llm="offline"))  # type: ignore[call-overload]  # as JSON would be

    async def there(number: int) -> None:
        (await client.post("/runs/wait", json=asked(f'Summarize "0 s, {number}"'))).raise_for_status()

    for number in range(10):  # both warm
        await asyncio.gather(here(-number - 1), there(-number - 1))
    pairs = [(await seconds(here(number)), await seconds(there(number))) for number in range(rounds)]
    inside, outside = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    return {"in_process_p50_ms": inside, "server_p50_ms": outside, "added_p50_ms": outside - inside}


async def load(clients: list[httpx.AsyncClient], requests: int) -> dict[str, float]:
    """Requests a second and the 95th percentile, with so many clients at once."""
    room, turn = asyncio.Semaphore(AT_ONCE), itertools.cycle(clients)

    async def ask(number: int) -> float:
        async with room:
            reply = next(turn).post("/runs/wait", json=asked(f'Summarize "0 s, at once {number}"'))
            return await seconds(_good(reply))

    begun = time.perf_counter()
    times = sorted(await asyncio.gather(*(ask(number) for number in range(requests))))
    elapsed = time.perf_counter() - begun
    return {"requests_per_s": requests / elapsed, "p95_ms": 1000 * times[int(0.95 * (len(times) - 1))]}


async def _good(reply: Awaitable[httpx.Response]) -> None:
    (await reply).raise_for_status()


async def measure(requests: int) -> dict[str, dict[str, float]]:
    """Everything, as one JSON object."""
    measured = {}
    for processes in (1, 2):
        with servers(processes) as (running, _):
            clients = [httpx.AsyncClient(base_url=process.url, timeout=120) for process in running]
            if processes == 1:
                measured["agents_latency"] = await added(clients[0], min(100, requests))
            await load(clients, 2 * AT_ONCE)  # warm
            measured[f"agents_{processes}"] = await load(clients, requests)
            for client in clients:
                await client.aclose()
    return measured | await cluster_models.measure(requests)


async def show(requests: int = 20) -> dict[str, int]:
    """Kill the first server and take Redis away while requests run; how many were answered, and how often."""
    with servers(2, **QUICK) as ((first, second), queue):
        async with httpx.AsyncClient(base_url=second.url, timeout=120) as client:
            print("Two servers, Postgres and Redis are up.")
            threads = [await _begun(client, number) for number in range(requests)]
            print(f"{requests} requests of two tasks each are on their way.")
            await asyncio.sleep(1)
            os.kill(first.pid, signal.SIGKILL)
            print("One server was killed.")
            await asyncio.sleep(1)
            await asyncio.to_thread(queue.stop)
            await asyncio.to_thread(queue.start)
            print("Redis was restarted, empty.")
            answers = await asyncio.gather(*(_answers(client, thread) for thread in threads))
    return {"asked": requests, "answered": sum(map(bool, answers)), "answered_once": answers.count(1)}


async def _begun(client: httpx.AsyncClient, number: int) -> str:
    thread = (await client.post("/threads", json={})).json()["thread_id"]
    words = f'Classify the sentiment of "0.2 s, {number}". Summarize "4 s, {number}".'
    (await client.post(f"/threads/{thread}/runs", json=asked(words))).raise_for_status()
    return str(thread)


async def _answers(client: httpx.AsyncClient, thread: str) -> int:
    """How often the one question of a thread was answered, once nothing runs on it any more."""
    for _ in range(600):
        if (await client.get(f"/threads/{thread}")).json()["status"] == "idle":
            break
        await asyncio.sleep(0.2)
    values = (await client.get(f"/threads/{thread}/state")).json()["values"]
    done = [result["status"] for result in values.get("results", [])] == ["done", "done"]
    return [message["type"] for message in values["messages"]].count("ai") if done else 0


def main() -> None:
    """Print a table, or with --json one object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="kill processes while requests run, and count the answers")
    arguments = parser.parse_args()
    if arguments.show:
        for lose in (show, cluster_models.lose_a_node):
            counts = asyncio.run(lose())
            print(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items()))
            if len(set(counts.values())) > 1:
                raise SystemExit(1)
        return
    measured = asyncio.run(measure(arguments.requests))
    if arguments.json:
        print(json.dumps(measured))
        return
    for name, values in measured.items():
        print(f"{name:16}", "  ".join(f"{key} {value:.4g}" for key, value in values.items()))


if __name__ == "__main__":
    main()
