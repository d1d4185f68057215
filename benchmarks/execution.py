"""How close the engine comes to the critical path: ``python -m benchmarks.execution [--json]``.

Everything is measured on the road that users take: language model and models over HTTP, in a process of their own, by
the real clients, with conversations kept in SQLite. There tasks begin while their plan is still being written, so that
they seem to take less than they could; ``waiting`` is the same road where they wait for the whole plan. Beside both
stand two that wait, too: bare asyncio over the same HTTP, which is as fast as this machine could be, and the same plans
with language model and models inside this process, which leaves the engine alone.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from PIL import Image

from app.checkpoints import saver
from app.settling import settle
from benchmarks.support import baseline
from benchmarks.support.fakes import QueueChat
from benchmarks.support.remote import models_toml, remote, spoken, written
from benchmarks.support.report import show
from benchmarks.support.stubs import StubBackend
from benchmarks.support.workloads import ANSWER, FIRST_TOKEN, PER_TOKEN, PICTURE, WORKLOADS, critical_path, seconds
from benchmarks.support.workloads import plan as planned
from graph import build
from graph.chat_models import register
from graph.context import Context
from graph.planning.prompting import compact
from graph.state import InputState
from tools.protocol import Call, Output
from tools.registry import BACKENDS
from tools.settings import override, settings

ROADS = ("http", "waiting", "bare", "in_process")
PLANS = {name: compact({"tasks": planned(name)}) for name in WORKLOADS}


@dataclass
class Measure:
    """One request, in seconds. ``overhead_s`` is what its tasks took beyond the critical path, ``stretch`` the ratio
    of both; ``cpu_s`` is what this process computed meanwhile. Nobody who waits for the plan can go below ``floor_s``
    (the controller's time and the path), and nobody who begins each task once it is written below ``early_floor_s``."""

    wall_s: float
    makespan_s: float
    critical_path_s: float
    overhead_s: float
    stretch: float
    cpu_s: float
    floor_s: float
    early_floor_s: float


class Road(Protocol):
    """A way to do a request."""

    async def __call__(self, name: str, run: int) -> tuple[float, float]:
        """Seconds of the whole request and of its tasks."""
        ...


class Engine:
    """Requests to the whole graph, with a checkpointer on disk."""

    def __init__(self, threads: AsyncSqliteSaver, context: Callable[[str], Context]) -> None:
        self.graph, self.context = build().compile(checkpointer=threads), context

    async def __call__(self, name: str, run: int) -> tuple[float, float]:
        """One request, in a conversation of its own."""
        config: RunnableConfig = {"configurable": {"thread_id": f"{name}-{run}-{time.time_ns()}"}}
        picture = str(settings().out / PICTURE)
        given: InputState = {"messages": [HumanMessage("Do what the plan says.")], "resources": [picture]}
        begun, ends = time.perf_counter(), dict[str, float]()
        async for update in self.graph.astream(given, config, context=self.context(name), stream_mode="updates"):
            ends |= {node: time.perf_counter() for node in update}
        wall = time.perf_counter() - begun
        results = (await self.graph.aget_state(config)).values["results"]
        if sum(result.status == "done" for result in results) != len(WORKLOADS[name]):
            raise RuntimeError(f"{name} did not run as planned: {[result.error for result in results if result.error]}")
        return wall, ends["execute"] - ends["select"]


async def sleeper(call: Call) -> Output:
    """The model inside this process."""
    await asyncio.sleep(seconds(call.task.name, str(call.inputs.get("text", ""))))
    media = (Image.new("RGB", (8, 8)),) if call.task.outputs[0] == "image" else ()
    return Output(text="a child on a bench", media=media)


def inside(threads: AsyncSqliteSaver) -> Engine:
    """The waiting engine with a chat model and models inside this process, from now on."""
    BACKENDS.clear()
    BACKENDS["embedded"] = StubBackend({"sleeper": sleeper})

    def chat(name: str) -> QueueChat:
        answer: Callable[[Any], str] = lambda messages: ANSWER if "Results:" in messages[-1].text else PLANS[name]  # noqa: E731
        return QueueChat(answers=answer, first_token=FIRST_TOKEN, per_token=PER_TOKEN)

    register("queue", chat)
    return Engine(threads, lambda name: Context(llm=f"queue:{name}", select="rank", early="never", cache=False))


def outside(threads: AsyncSqliteSaver, early: Literal["free", "never"]) -> Engine:
    """The engine with both over HTTP."""

    def context(name: str) -> Context:
        return Context(llm=f"openai:{name}", select="rank", mode="endpoint", early=early, cache=False)

    return Engine(threads, context)


async def measure(road: Road, name: str, repeats: int) -> Measure:
    """A workload several times; the run with the median time of its tasks."""
    runs = sorted([await _timed(road, name, run) for run in range(repeats)], key=lambda run: run[1])
    wall, makespan, cpu = runs[len(runs) // 2]
    path, text = critical_path(WORKLOADS[name]), PLANS[name]
    floor = path + spoken(text) + spoken(ANSWER)
    early = critical_path(WORKLOADS[name], written(text)) + spoken(ANSWER)
    return Measure(wall, makespan, path, makespan - path, makespan / path if path else 0.0, cpu, floor, early)


async def _timed(road: Road, name: str, run: int) -> tuple[float, float, float]:
    begun = time.process_time()
    wall, makespan = await road(name, run)
    return wall, makespan, time.process_time() - begun


async def at_once(road: Road, count: int) -> dict[str, float]:
    """Many requests of five tasks of half a second at once."""
    begun = time.perf_counter()
    walls = await asyncio.gather(*(road("independent5", number) for number in range(count)), return_exceptions=True)
    took = time.perf_counter() - begun
    good = sorted(wall[0] for wall in walls if not isinstance(wall, BaseException))
    p50, p95 = (good[int(len(good) * share)] if good else 0.0 for share in (0.5, 0.95))
    return {"requests_per_s": len(good) / took, "p50_s": p50, "p95_s": p95, "failed": count - len(good)}


async def travel(road: Road, repeats: int, names: Sequence[str], crowds: Sequence[int]) -> dict[str, Any]:
    """Everything on one road."""
    await road("single", -1)  # imports and first connections are no part of a request
    settle()  # as our servers do
    workloads = {name: asdict(await measure(road, name, repeats)) for name in names}
    return {"workloads": workloads, "at_once": {str(count): await at_once(road, count) for count in crowds}}


async def bench(
    url: str, repeats: int, names: Sequence[str], crowds: Sequence[int], roads: Sequence[str] = ROADS
) -> dict[str, Any]:
    """The roads, one after the other."""
    async with saver() as threads, httpx.AsyncClient(base_url=url, limits=baseline.LIMITS, timeout=60) as client:

        async def bare(name: str, run: int) -> tuple[float, float]:  # noqa: ARG001 - as any road
            return await baseline.request(client, name)

        made: dict[str, Callable[[], Road]] = {
            "http": lambda: outside(threads, "free"),
            "waiting": lambda: outside(threads, "never"),
            "bare": lambda: bare,
            "in_process": lambda: inside(threads),  # from then on, no other backend is there
        }
        return {road: await travel(made[road](), repeats, names, crowds) for road in ROADS if road in roads}


@contextmanager
def prepared() -> Iterator[str]:
    """The servers, and settings that lead to them; their address."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plans.json").write_text(json.dumps(PLANS), encoding="utf-8")
        Image.new("RGB", (64, 64)).save(folder / PICTURE)
        with remote(folder / "plans.json") as url:
            (folder / "models.toml").write_text(models_toml(url), encoding="utf-8")
            slots = {"stub": 100000, url.removeprefix("http://"): 100000}
            override(out=folder, cache_folder=folder, models=folder / "models.toml", base_url=f"{url}/v1", slots=slots)
            yield url


def main() -> None:
    """Parse the options and run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--repeats", type=int, default=3, help="runs per workload, of which the median counts")
    options.add_argument("--only", nargs="*", choices=WORKLOADS, default=list(WORKLOADS), help="these workloads")
    options.add_argument("--at-once", nargs="*", type=int, default=[16, 64], help="so many requests at once")
    options.add_argument("--roads", nargs="*", choices=ROADS, default=ROADS, help="these ways, of all four")
    chosen = options.parse_args()
    with prepared() as url:
        measured = asyncio.run(bench(url, chosen.repeats, chosen.only, chosen.at_once, chosen.roads))
    print(json.dumps(measured)) if chosen.json else show(measured)


if __name__ == "__main__":
    main()
