"""How close the execution engine comes to the critical path: ``python -m benchmarks.execution [--json]``.

Models are stubs that sleep, and the controller is a queue chat model with a set latency, so that what is left is ours.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from PIL import Image
from rich.console import Console
from rich.table import Table

from app.checkpoints import saver
from benchmarks.support.fakes import QueueChat
from benchmarks.support.stubs import StubBackend
from graph import build
from graph.chat_models import register
from graph.context import Context
from graph.planning.prompting import compact
from graph.state import InputState
from tools.protocol import Call, Output
from tools.registry import BACKENDS
from tools.settings import override

FIRST_TOKEN, PER_TOKEN = 0.3, 0.002  # seconds
ANSWER = "Here is what came of it. " + "Every task was done, and each says in its own words what it found. " * 8
Tasks = dict[int, tuple[float, tuple[int, ...]]]  # id: seconds, dependencies


def random_dag(count: int = 50, seed: int = 7) -> Tasks:
    """A seeded graph of tasks of 0.05 to 0.5 s, each with up to two dependencies among the eight before it."""
    chance = random.Random(seed)
    tasks: Tasks = {}
    for number in range(count):
        near = range(max(0, number - 8), number)
        needs = chance.sample(near, min(len(near), chance.choice([0, 1, 1, 2])))
        tasks[number] = (round(chance.uniform(0.05, 0.5), 3), tuple(sorted(needs)))
    return tasks


WORKLOADS: dict[str, Tasks] = {
    "single": {0: (0.5, ())},
    "independent5": dict.fromkeys(range(5), (0.5, ())),
    "chain5": {number: (0.5, (number - 1,) if number else ()) for number in range(5)},
    "unbalanced": {0: (0.1, ()), 1: (1.0, (0,)), 2: (1.0, ()), 3: (0.1, (2,))},
    "diamond": {0: (0.2, ()), 1: (0.5, (0,)), 2: (0.3, (0,)), 3: (0.2, (1, 2))},
    "fan20": dict.fromkeys(range(20), (0.5, ())),
    "random50": random_dag(),
    "paper": {0: (0.5, ()), 1: (0.6, ()), 2: (1.0, (0, 1))},
    "noop200": dict.fromkeys(range(200), (0.0, ())),
}
PAPER = ("openpose-control", "image-to-text", "openpose-text-to-image")


def critical_path(tasks: Tasks) -> float:
    """Seconds that nobody can go below."""
    ends: dict[int, float] = {}
    for number, (seconds, needs) in tasks.items():
        ends[number] = seconds + max((ends[need] for need in needs), default=0.0)
    return max(ends.values())


def written(name: str, picture: Path) -> str:
    """The plan as a language model writes it in the form that the prompt teaches."""
    plan = []
    for number, (seconds, needs) in WORKLOADS[name].items():
        if name == "paper":
            args = {"image": picture.name} if number < 2 else {"text": "<r1>", "image": "<r0>"}
            plan.append({PAPER[number]: args})
        else:
            said = "".join(f" <r{need}>" for need in needs)
            plan.append({"text2text-generation": {"text": f"{seconds}{said}"}})
    return compact({"tasks": plan})


async def sleeper(call: Call) -> Output:
    """Sleeps for as long as its text begins with, or as the paper's task takes."""
    if call.task.name in PAPER:
        await asyncio.sleep(WORKLOADS["paper"][PAPER.index(call.task.name)][0])
    else:
        await asyncio.sleep(float(call.inputs["text"].split()[0]))
    media = (Image.new("RGB", (8, 8)),) if call.task.outputs[0] == "image" else ()
    return Output(text="a child on a bench", media=media)


@dataclass
class Measure:
    """One request. ``overhead_s`` is what is neither the controller's time nor the critical path."""

    wall_s: float
    makespan_s: float
    critical_path_s: float
    overhead_s: float
    model_calls: int
    prompt_tokens: int


class Bench:
    """Requests against the whole graph, with a checkpointer on disk."""

    def __init__(self, threads: AsyncSqliteSaver, folder: Path) -> None:
        self.graph = build().compile(checkpointer=threads)
        self.picture = folder / "bench.png"
        Image.new("RGB", (64, 64)).save(self.picture)
        self.models: dict[str, QueueChat] = {}
        register("queue", self.models.__getitem__)

    async def measure(self, name: str, run: int) -> Measure:
        """Run one workload once."""
        thread = f"{name}-{run}"
        answers = iter([written(name, self.picture)])
        chat = QueueChat(answers=lambda _: next(answers, ANSWER), first_token=FIRST_TOKEN, per_token=PER_TOKEN)
        self.models[thread] = chat
        config: RunnableConfig = {"configurable": {"thread_id": thread}}
        given: InputState = {"messages": [HumanMessage("Do what the plan says.")], "resources": [str(self.picture)]}
        context = Context(llm=f"queue:{thread}", cache=False)
        begun = time.perf_counter()
        ends: dict[str, float] = {}
        async for update in self.graph.astream(given, config, context=context, stream_mode="updates"):
            ends |= {node: time.perf_counter() for node in update}
        wall, path = time.perf_counter() - begun, critical_path(WORKLOADS[name])
        results = (await self.graph.aget_state(config)).values["results"]
        if sum(result.status == "done" for result in results) != len(WORKLOADS[name]):
            raise RuntimeError(f"{name} did not run as planned")
        overhead = wall - path - chat.seconds
        return Measure(wall, ends["execute"] - ends["select"], path, overhead, len(chat.calls), chat.prompt_tokens)

    async def together(self, count: int) -> dict[str, float]:
        """Many requests of five tasks of half a second at once."""

        async def one(number: int) -> float:
            return (await self.measure("independent5", number)).wall_s

        begun = time.perf_counter()
        walls = await asyncio.gather(*(one(1000 * count + number) for number in range(count)), return_exceptions=True)
        took = time.perf_counter() - begun
        good = sorted(wall for wall in walls if isinstance(wall, float))
        p50, p95 = (good[int(len(good) * share)] for share in (0.5, 0.95))
        return {"requests_per_s": len(good) / took, "p50_s": p50, "p95_s": p95, "failed": count - len(good)}


async def bench(repeats: int, names: Sequence[str]) -> dict[str, Any]:
    """All workloads; of several runs the one with the median overhead."""
    with tempfile.TemporaryDirectory() as folder:
        override(out=folder, cache_folder=folder, slots={"stub": 100000})
        BACKENDS.clear()
        BACKENDS["embedded"] = StubBackend({"sleeper": sleeper})
        async with saver() as threads:
            runner = Bench(threads, Path(folder))
            await runner.measure("single", -1)  # imports and first connections are no part of a request
            workloads = {}
            for name in names:
                runs = sorted(
                    [await runner.measure(name, run) for run in range(repeats)], key=lambda run: run.overhead_s
                )
                workloads[name] = asdict(runs[len(runs) // 2])
            return {"workloads": workloads, "concurrent": {str(n): await runner.together(n) for n in (16, 64)}}


def show(measured: Mapping[str, Any]) -> None:
    """Print the tables."""
    for title, rows in (("workload", measured["workloads"]), ("at once", measured["concurrent"])):
        table = Table(title, *next(iter(rows.values()), {}))
        for name, row in rows.items():
            table.add_row(name, *(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
        Console(width=110).print(table)


def main() -> None:
    """Parse the options and run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--repeats", type=int, default=3, help="runs per workload, of which the median counts")
    options.add_argument("--only", nargs="*", choices=WORKLOADS, default=list(WORKLOADS), help="these workloads")
    chosen = options.parse_args()
    measured = asyncio.run(bench(chosen.repeats, chosen.only))
    print(json.dumps(measured)) if chosen.json else show(measured)


if __name__ == "__main__":
    main()
