"""Faults of the Postgres that servers share: it goes away, and comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from app.checkpoints import memory
from benchmarks.faults.bench import ASKED, Befall, Bench, Row, Seen
from benchmarks.support.databases import Postgres, postgres
from benchmarks.support.misbehaviour import Good, well
from tools.settings import override

ALL = frozenset({0, 1, 2, 3})
GONE = "cannot be (reached|used)|connection"


def rows() -> Iterator[Row]:
    """All of them."""
    yield Row("save", "Postgres gone from the start", GONE, _gone, limit=90)
    yield Row("save", "Postgres gone between two requests, and back", "what came of it", _back, ALL, limit=120)
    yield Row("save", "Postgres crashes in mid-run and is back at once", "", _crash, limit=120)


@asynccontextmanager
async def _kept() -> AsyncIterator[Any]:
    async with memory() as kept:
        yield kept.saver


async def _gone(bench: Bench) -> Seen:
    with postgres() as database:
        url = database.url
    override(database=SecretStr(url))
    bench.keep = _kept
    return await bench.ask()


def _with(do: Callable[[Bench, Postgres], Any]) -> Befall:
    async def befall(bench: Bench) -> Seen:
        with postgres() as database:
            override(database=SecretStr(database.url))
            bench.keep = _kept
            seen: Seen = await do(bench, database)
            return seen

    return befall


async def _twice(bench: Bench, database: Postgres) -> Seen:
    first = await bench.ask()
    database.crash()
    await asyncio.to_thread(database.start)
    second = await bench.ask(ASKED)
    lost = set(first.done) - set(await bench.kept({"configurable": {"thread_id": "one"}}))
    second.bug = second.bug or (f"lost: {lost}" if lost else first.bug)
    return second


async def _in_mid_run(bench: Bench, database: Postgres) -> Seen:
    def fault(handler: Any, good: Good) -> None:  # noqa: ANN401 - as it came
        database.crash()
        database.start()
        well(handler, good)

    override(llm_silence=60.0, llm_timeout=60.0)
    bench.server.misbehave("plan", fault, well)
    return await bench.ask()


_back, _crash = _with(_twice), _with(_in_mid_run)
