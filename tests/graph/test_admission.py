"""Requests of a server's clients begin in turn by owner, whatever one of them has queued."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest
from langchain_core.runnables import RunnableConfig

from app.server.served import served
from benchmarks.support.stubs import StubBackend
from graph import compiled, graph
from graph.admission import Admitted, Gate, Pace, load, turn
from graph.context import Context
from tests.support.execution import echo
from tools.settings import override

OFFLINE = Context(llm="offline")
ASKED: Any = {"messages": [("user", 'Summarize "a story".')]}


async def never() -> bool:
    await asyncio.sleep(0)
    return False


async def always() -> bool:
    await asyncio.sleep(0)
    return True


class Visits:
    """Requests at a gate, and the order in which they began."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.order, self.most = gate, list[str](), 0

    async def of(self, owner: str) -> None:
        async with self.gate.turn(owner):
            self.order.append(owner)
            self.most = max(self.most, self.gate.load[0])
            await asyncio.sleep(0.001)


async def test_a_polite_owner_is_next_whatever_a_greedy_one_has_queued() -> None:
    visits = Visits(Gate(1, never))
    greedy = [asyncio.create_task(visits.of("greedy")) for _ in range(50)]
    await asyncio.sleep(0)
    await asyncio.gather(visits.of("polite"), *greedy)
    assert (visits.order.index("polite"), len(visits.order), visits.most) == (1, 51, 1)


async def test_owners_take_turns() -> None:
    visits = Visits(Gate(1, never))
    async with visits.gate.turn("any"):
        waiting = [asyncio.create_task(visits.of(owner)) for owner in ("ann", "bob", "eve") for _ in range(10)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert visits.order == ["ann", "bob", "eve"] * 10


async def test_all_browsers_of_an_owner_are_one() -> None:
    visits = Visits(Gate(1, never))
    browsers = [asyncio.create_task(visits.of(f"greedy/{number}")) for number in range(20)]
    await asyncio.sleep(0)
    await asyncio.gather(visits.of("polite"), *browsers)
    assert visits.order.index("polite") == 1


async def test_nobody_waits_long_as_long_as_the_process_keeps_up() -> None:
    gate, closed = Gate(2, always), asyncio.Event()

    async def wait_for_a_model_elsewhere() -> None:
        async with gate.turn("ann"):
            await closed.wait()

    requests = [asyncio.create_task(wait_for_a_model_elsewhere()) for _ in range(20)]
    async with asyncio.timeout(20):
        while gate.load != (20, 0):
            await never()
    closed.set()
    await asyncio.gather(*requests)
    assert gate.load == (0, 0)


async def test_a_cancelled_wait_takes_nothing() -> None:
    visits = Visits(Gate(1, never))
    async with visits.gate.turn("ann"):
        waiting = asyncio.create_task(visits.of("ann"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert visits.gate.load == (1, 0)
    await visits.of("bob")
    assert (visits.order, visits.gate.load) == (["bob"], (0, 0))


async def test_a_process_that_is_late_because_it_computes_does_not_keep_up() -> None:
    pace, until = Pace(), time.process_time() + 0.1

    def compute() -> None:
        while time.process_time() < until:
            pass

    asyncio.get_running_loop().call_soon(compute)
    assert not await pace.keeps_up()


async def test_a_process_that_has_nothing_to_do_keeps_up() -> None:
    """However late it is because of others on the machine."""
    pace = Pace()
    async with asyncio.timeout(20):
        while not await pace.keeps_up():
            pass


@pytest.fixture
def one_at_a_time(stubs: Callable[..., StubBackend], tmp_path: Path) -> None:
    stubs(echo=echo)
    override(keys=tmp_path / "keys.json", runs_at_once=1)


async def stream(owner: str) -> AsyncIterator[Any]:
    config: RunnableConfig = {"configurable": {"langgraph_auth_user_id": owner}}
    async with aclosing(cast("Any", graph.astream(ASKED, config, context=OFFLINE))) as parts:
        async for part in parts:
            yield part


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_run_keeps_its_turn_until_its_end() -> None:
    assert {load() async for _ in stream("ann")} == {(1, 0)}
    assert load() == (0, 0)


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_run_that_nobody_follows_any_more_gives_its_turn_back() -> None:
    async with aclosing(cast("Any", stream("ann"))) as parts:
        await anext(parts)
        assert load() == (1, 0)
    assert load() == (0, 0)


@pytest.mark.usefixtures("one_at_a_time")
async def test_the_own_machine_knows_no_turns() -> None:
    async with turn("ann"):
        assert {load() async for _ in stream("")} == {(1, 0)}
    override(keys=None)


def test_every_graph_that_a_server_runs_takes_turns() -> None:
    """Aegra's, that of `langgraph dev` and of our own routes, and the page's, which has a memory."""
    assert all(isinstance(each, Admitted) for each in (served, graph, compiled()))
