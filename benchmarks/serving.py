"""What a server adds to the graph: latency over HTTP, many clients at once, fairness, memory over many requests.

    python -m benchmarks.serving [--requests 1000] [--json]

The server is our own process with the waiting model, so that only serving is measured.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import httpx
from langchain_core.messages import HumanMessage

from app.server.keys import add
from benchmarks.support.servers import server
from graph.context import Context


def body(seconds: float, number: int) -> dict[str, object]:
    """A request that waits so long. The number makes each different, so that no cache answers."""
    return {"messages": [{"role": "user", "content": f'Summarize "{seconds} s, number {number}"'}]}


async def timed(work: Callable[[int], Awaitable[object]], number: int) -> float:
    """Seconds that one request takes."""
    begun = time.perf_counter()
    await work(number)
    return time.perf_counter() - begun


async def added_latency(client: httpx.AsyncClient, rounds: int) -> dict[str, float]:
    """Milliseconds that HTTP adds to the graph, medians of requests taken in turn."""
    from benchmarks.support.waiting import graph

    async def here(number: int) -> None:
        words = str(body(0, number)["messages"][0]["content"])  # type: ignore[index]  # as made above
        await graph.ainvoke({"messages": [HumanMessage(words)]}, context=Context(llm="offline"))

    async def there(number: int) -> None:
        (await client.post("/hugginggpt", json=body(0, number))).raise_for_status()

    for number in range(10):  # both warm
        await asyncio.gather(here(-number - 1), there(-number - 1))
    pairs = [(await timed(here, number), await timed(there, number)) for number in range(rounds)]
    inside, outside = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    return {"in_process_p50_ms": inside, "http_p50_ms": outside, "added_p50_ms": outside - inside}


async def at_once(client: httpx.AsyncClient, clients: int, seconds: float) -> dict[str, float]:
    """Many clients, each with a request that only waits."""
    failed = 0

    async def ask(number: int) -> None:
        nonlocal failed
        failed += (await client.post("/hugginggpt", json=body(seconds, number))).status_code != 200

    begun = time.perf_counter()
    times = sorted(await asyncio.gather(*(timed(ask, 10_000 * clients + n) for n in range(clients))))
    return {
        "requests_per_s": clients / (time.perf_counter() - begun),
        "p50_s": statistics.median(times),
        "p95_s": times[int(0.95 * (len(times) - 1))],
        "failed": failed,
    }


async def fairness(requests: int = 10, greedy: int = 24, seconds: float = 0.5) -> dict[str, float]:
    """How long an owner's requests of one task take, alone and beside another owner who always has ``greedy`` running.

    Models have four slots, so that the other alone would fill them for six rounds.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.json"
        keys = {owner: {"Authorization": f"Bearer {add(file, owner)}"} for owner in ("polite", "greedy")}
        with server(HUGGINGGPT_KEYS=str(file), HUGGINGGPT_SLOTS='{"stub": 4}') as (url, _pid):
            async with httpx.AsyncClient(base_url=url, timeout=120) as client:

                async def ask(number: int, owner: str = "polite") -> None:
                    posted = await client.post("/hugginggpt", json=body(seconds, number), headers=keys[owner])
                    posted.raise_for_status()

                async def ask_on(first: int) -> None:
                    for number in count(first, greedy):
                        await ask(number, "greedy")

                await ask(0)  # warm
                alone = [await timed(ask, number) for number in range(1, requests + 1)]
                others = [asyncio.create_task(ask_on(1000 + number)) for number in range(greedy)]
                await asyncio.sleep(2 * seconds)
                beside = [await timed(ask, 100 + number) for number in range(requests)]
                failed = [other.exception() for other in others if other.done()]
                for other in others:
                    other.cancel()
                await asyncio.wait(others)
    if failed:
        raise RuntimeError(f"The greedy owner was not served: {failed[0]}")
    return {"alone_p50_s": statistics.median(alone), "beside_p50_s": statistics.median(beside), "worst_s": max(beside)}


async def memory(client: httpx.AsyncClient, pid: int, requests: int) -> dict[str, float]:
    """Resident megabytes after a quarter of the requests and after all: flat means equal."""
    marks = []
    for part in range(4):
        for start in range(0, requests // 4, 8):
            numbers = range(start, start + 8)
            await asyncio.gather(*(client.post("/hugginggpt", json=body(0, 10**6 * (part + 1) + n)) for n in numbers))
        marks.append(resident(pid))
    return {"requests": requests, "quarter_mb": marks[0], "half_mb": marks[1], "end_mb": marks[3]}


def resident(pid: int) -> float:
    """Megabytes of memory that a process holds (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def measure(requests: int, turns: int = 10) -> dict[str, dict[str, float]]:
    """Everything, as one JSON object."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    with server() as (url, pid):
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=120) as client:
            return {
                "latency": await added_latency(client, 100),
                "clients16": await at_once(client, 16, 1),
                "clients64": await at_once(client, 64, 1),
                "memory": await memory(client, pid, requests),
                "fairness": await fairness(turns),
            }


def main() -> None:
    """Print a table, or with --json one object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="for the memory measure")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    measured = asyncio.run(measure(arguments.requests))
    if arguments.json:
        print(json.dumps(measured))
        return
    for name, values in measured.items():
        print(f"{name:10}", "  ".join(f"{key} {value:.3g}" for key, value in values.items()))


if __name__ == "__main__":
    main()
