"""What the killed processes of kills.py do: begin a request, or go on with it. Kept as the program keeps it."""

import asyncio
import os
import random
from pathlib import Path

from langchain_core.runnables import RunnableConfig

from app.checkpoints import memory
from benchmarks.support.stubs import StubBackend
from graph.context import Context
from graph.state import Plan, Result
from tests.support.execution import executor, state, text
from tools.protocol import Call, Output
from tools.registry import BACKENDS
from tools.settings import override

TASKS = 24


def thread(seed: int) -> RunnableConfig:
    return {"configurable": {"thread_id": f"request {seed}"}}


def plan(seed: int) -> Plan:
    """A random graph: every task's text tells its own id and what its dependencies said."""
    chance = random.Random(seed)
    tasks = []
    for number in range(TASKS):
        needs = sorted(chance.sample(range(number), min(number, chance.choice([0, 0, 1, 2]))))
        said = " ".join(f"<resource-{needed}>" for needed in needs)
        tasks.append(text(number, f"({number} {said})", *needs))
    return Plan(tasks=tasks)


def expected(plan: Plan) -> dict[int, str]:
    said: dict[int, str] = {}
    for task in plan.tasks:
        said[task.id] = f"({task.id} {' '.join(said[needed] for needed in task.dep)})"
    return said


def keep_in(folder: Path, database: str | None) -> None:
    """From now on conversations are kept in the folder, or in the database at that address."""
    os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
    override(out=folder / "out", slots={"stub": 6}, database=database)


def outcome(folder: Path, seed: int, database: str | None = None) -> list[Result]:
    """What the request came to."""

    async def read() -> list[Result]:
        async with memory() as kept:
            return list((await executor(kept.saver).aget_state(thread(seed))).values["results"])

    keep_in(folder, database)
    return asyncio.run(read())


def work(folder: Path, seed: int, database: str | None = None) -> None:
    """One life of the process: begin the request, or go on with it. It notes what begins and what is told finished."""
    keep_in(folder, database)
    asyncio.run(_work(folder, seed))


async def _work(folder: Path, seed: int) -> None:
    log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    chance = random.Random()  # other durations in every life, so that tasks end in another order

    async def model(call: Call) -> Output:
        said = call.inputs["text"]
        os.write(log, f"began {said[1:].split()[0].rstrip(')')}\n".encode())
        await asyncio.sleep(chance.uniform(0.01, 0.15))
        return Output(text=said)

    BACKENDS.clear()
    BACKENDS["embedded"] = StubBackend({"echo": model})
    async with memory() as kept:
        graph, config = executor(kept.saver), thread(seed)
        before = await graph.aget_state(config)
        given = None if before.next else state(plan(seed).tasks)
        ended = before.values.get("results") and not before.next  # killed between the end and the note of it
        if not ended:
            async for event in graph.astream(given, config, context=Context(), stream_mode="custom"):
                if event["event"] == "finished":
                    os.write(log, f"told {event['id']}\n".encode())
    (folder / "ended").touch()
