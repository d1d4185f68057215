"""Many clients for a long time, with faults and restarts: ``python -m benchmarks.soak [--minutes M] [--clients N]``.

Two owners share one server: a polite one with four clients, and a greedy one with all others, who comes and goes so
that the polite one's time alone and beside it is measured under the same load of the machine. One call of the model in
a hundred fails, and twice the server is stopped and started again. What must come of it: every request that was
accepted ends, memory and handles stay flat, and the polite owner waits at most twice as long as when alone.
"""

import argparse
import asyncio
import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.server import keys
from benchmarks.support.visited import Client, Server

POLITE = 4  # clients
BESIDE, ALONE = 12.0, 10.0  # seconds for which the greedy owner is there, and for which it stays away
RESTARTS = (0.45, 0.7)  # shares of the time after which the server is stopped and started
SAMPLE = 1.0  # seconds between two looks at memory and handles
LONGEST = 60.0  # seconds after which a request counts as hanging
PAUSE = 1.0  # seconds that a polite client thinks between two requests: it asks for less than half of the server
SURE = 1.0  # seconds within which a request has surely reached the server


@dataclass
class Tally:
    """What came of the requests: ends by kind, seconds by scene, and samples of each life of the server."""

    ends: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lives: list[list[tuple[float, int]]] = field(default_factory=lambda: [[]])


@dataclass
class Soak:
    """One run: the server, what came of it, and where it stands."""

    server: Server
    tally: Tally = field(default_factory=Tally)
    over: bool = False
    restarting: bool = False
    stopped: float = math.inf  # when the server was told to stop last, by the monotonic clock
    there: asyncio.Event = field(default_factory=asyncio.Event)  # whether the greedy owner is
    greedy: int = 0  # requests of the greedy owner's under way

    @property
    def scene(self) -> str:
        """Where a request of the polite owner's counts; nowhere while the greedy one's last ones end."""
        return "polite" if self.there.is_set() else "ending" if self.greedy else "alone"

    async def run(self, minutes: float, clients: int, seed: int) -> None:
        """All of it, from the start of the server to its last request."""
        owners = {name: keys.add(self.server.folder / "keys.json", name) for name in ("polite", "greedy")}
        await self.server.start()
        try:
            await self._warm(owners["polite"])
            async with asyncio.TaskGroup() as group:
                sampling = group.create_task(self._sample())
                coming = group.create_task(self._come_and_go())
                visits = [group.create_task(self._polite(owners["polite"], f"{seed} {n}")) for n in range(POLITE)]
                greedy = range(POLITE, clients)
                visits += [group.create_task(self._greedy(owners["greedy"], f"{seed} {n}")) for n in greedy]
                await self._restarts(minutes * 60)
                self.over = True
                coming.cancel()
                self.there.set()
                await asyncio.wait(visits)
                sampling.cancel()
        finally:
            await self.server.stop()

    async def _warm(self, key: str) -> None:
        """Have everything loaded that the first requests load."""
        async with self._client(key, "0") as client:
            for _ in range(12):
                await client.ask()

    async def _restarts(self, seconds: float) -> None:
        """Stop and start the server at its times, and wait for the end."""
        now = 0.0
        for share in RESTARTS:
            await asyncio.sleep(seconds * (share - now))
            self.restarting, self.stopped = True, time.monotonic()
            await self.server.stop()
            await self.server.start()
            self.restarting, now = False, share
            self.tally.lives.append([])
        await asyncio.sleep(seconds * (1 - now))

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE)
            if not self.restarting:
                self.tally.lives[-1].append(self.server.usage())

    async def _come_and_go(self) -> None:
        while True:
            await asyncio.sleep(ALONE)
            self.there.set()
            await asyncio.sleep(BESIDE)
            self.there.clear()

    async def _polite(self, key: str, seed: str) -> None:
        async with self._client(key, seed) as client:
            while not self.over:
                await self._request(client, self.scene)
                await asyncio.sleep(PAUSE)

    async def _greedy(self, key: str, seed: str) -> None:
        async with self._client(key, seed) as client:
            while await self.there.wait() and not self.over:
                self.greedy += 1
                await self._request(client, "greedy")
                self.greedy -= 1

    @asynccontextmanager
    async def _client(self, key: str, seed: str) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=self.server.url, headers=headers, timeout=LONGEST) as http:
            yield Client(http, random.Random(seed))

    async def _request(self, client: Client, scene: str) -> None:
        """A request; one that is refused for now is followed by another a little later, as clients do."""
        begun, end = time.monotonic(), ""
        try:
            async with asyncio.timeout(LONGEST):
                end = await client.ask()
        except TimeoutError:
            end = "hangs"
        except (httpx.ConnectError, httpx.ConnectTimeout):
            end = "not accepted"
        except httpx.HTTPError as error:
            end = f"cut off ({type(error).__name__})" if begun < self.stopped - SURE else "not accepted"
        self.tally.ends[end] += 1
        if end == "done":
            self.tally.seconds[scene].append(time.monotonic() - begun)
        elif end != "left":
            await asyncio.sleep(0.5)


def figures(tally: Tally) -> dict[str, Any]:
    """The numbers, in seconds, megabytes and handles; of each life of the server the first quarter and the last."""
    waits = {name: quantiles(tally.seconds[name]) for name in ("alone", "polite", "greedy")}
    lives = [_drift(samples) for samples in tally.lives if len(samples) >= 8]
    slower = {name: round(waits["polite"][name] / waits["alone"][name], 2) for name in ("p50", "p95")}
    return {"ends": dict(tally.ends.most_common()), "seconds": waits, "polite_slower": slower, "lives": lives}


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """How many there are, their median and their 95th percentile."""
    if len(seconds) < 2:
        return {"count": len(seconds), "p50": math.nan, "p95": math.nan}
    cuts = statistics.quantiles(seconds, n=20)
    return {"count": len(seconds), "p50": round(cuts[9], 3), "p95": round(cuts[18], 3)}


def _drift(samples: Sequence[tuple[float, int]]) -> dict[str, float]:
    quarter = len(samples) // 4
    first, last = samples[quarter : 2 * quarter], samples[-quarter:]  # the first of all is the warming up
    memory = [round(statistics.mean(megabytes for megabytes, _ in part)) for part in (first, last)]
    handles = [round(statistics.mean(count for _, count in part)) for part in (first, last)]
    return {
        "memory_before": memory[0],
        "memory_after": memory[1],
        "handles_before": handles[0],
        "handles_after": handles[1],
    }


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        run = Soak(Server(Path(place)))
        asyncio.run(run.run(options.minutes, options.clients, options.seed))
        report, log = figures(run.tally), (Path(place) / "log").read_text(errors="replace")
        report["unanswered"] = run.server.unanswered()
    report["stack_traces"] = log.count("Traceback (most recent call last)")
    print(json.dumps(report, indent=1))
    if report["stack_traces"]:
        print(log[max(0, log.index("Traceback") - 1000) :][:4000], file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    bad = [end for end in report["ends"] if end.startswith(("cut off", "hangs", "broken", "status 500", "status 502"))]
    sys.exit(bool(bad or report["unanswered"] or report["stack_traces"]))


if __name__ == "__main__":
    main()
