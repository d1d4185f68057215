"""Which of a server's requests begins next: owners in turn, and no more at a time than the process keeps up with.

Whoever has a key shares the processor with all others. Slots (graph/slots.py) are fair among tasks only, and a request
takes processor long before its first task, so that the one with the most requests would have nearly all of it.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from itertools import count
from typing import Any, cast
from weakref import WeakKeyDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from graph.context import Context
from graph.state import InputState, OutputState, State
from tools.settings import process_settings

LOOK = 0.02  # seconds between two looks at whether the process keeps up
LATE = 0.0015
IDLE = 0.2  # of a processor: where this process takes less, it is others that make it late
NEW = 0.1  # weight of the latest look


class Pace:
    """Whether this process does at once what there is to do, as its event loop and its use of the processor tell."""

    def __init__(self) -> None:
        self._taken, self._late = 1.0, 2 * LATE  # processors and seconds, lately

    async def keeps_up(self) -> bool:
        """Look, for a moment."""
        clock = asyncio.get_running_loop().time
        begun, taken = clock(), time.process_time()
        await asyncio.sleep(LOOK)
        seconds, taken = clock() - begun, time.process_time() - taken
        self._taken += NEW * (taken / seconds - self._taken)
        self._late += NEW * (seconds - LOOK - self._late)
        return self._late < LATE or self._taken < IDLE


class Gate:
    """Lets requests begin: ``at_once`` whatever they cost, half of these of one owner, and more while ``keeps_up``.

    The bound is for requests that compute; those that wait for models elsewhere hold nobody up. The next to begin is of
    the owner with the fewest under way, and of equals of the one whose last request began the longest ago.
    """

    def __init__(self, at_once: int, keeps_up: Callable[[], Awaitable[bool]] | None = None) -> None:
        self._at_once, self._of_one_owner = at_once, max(1, at_once // 2)
        self._keeps_up = keeps_up or Pace().keeps_up
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._order, self._last = count(1), dict[str, int]()  # when owners' last requests began
        self._widening: asyncio.Task[None] | None = None

    @property
    def load(self) -> tuple[int, int]:
        """How many requests are under way, and how many wait."""
        return self._running.total(), sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def turn(self, owner: str) -> AsyncIterator[None]:
        """Wait for the owner's turn, and keep it for one request. A cancelled wait takes nothing."""
        owner = owner.partition("/")[0]  # the page's browsers count as their owner
        await self._wait(owner)
        try:
            yield
        finally:
            self._end(owner)

    async def _wait(self, owner: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        self._begin_guaranteed()
        if self._waiting and (self._widening is None or self._widening.done()):
            self._widening = asyncio.create_task(self._widen())
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # begun in the very moment of the cancellation
                self._end(owner)
            else:
                self._dequeue(owner, turn)
            raise

    def _end(self, owner: str) -> None:
        self._running[owner] -= 1
        self._running = +self._running  # forgets those who have none
        self._begin_guaranteed()

    def _begin_guaranteed(self) -> None:
        while owners := [owner for owner in self._waiting if self._has_place(owner)]:
            self._begin(owners)

    def _has_place(self, owner: str) -> bool:
        taken = sum(min(number, self._of_one_owner) for number in self._running.values())
        return taken < self._at_once and self._running[owner] < self._of_one_owner

    def _begin(self, owners: Iterable[str]) -> None:
        """Let the next request of these owners begin."""
        owner = min(owners, key=lambda owner: (self._running[owner], self._last.get(owner, 0)))
        turn = self._waiting[owner][0]
        self._dequeue(owner, turn)
        if not turn.cancelled():  # it may be, and its task not know yet
            self._running[owner] += 1
            self._last[owner] = next(self._order)
            turn.set_result(None)

    def _dequeue(self, owner: str, turn: "asyncio.Future[None]") -> None:
        queue = self._waiting.get(owner, deque())
        if turn in queue:
            queue.remove(turn)
        if not queue:
            self._waiting.pop(owner, None)

    async def _widen(self) -> None:
        """Let one more begin whenever the process keeps up, until nobody waits."""
        while self._waiting:
            if await self._keeps_up() and self._waiting:
                self._begin(self._waiting)


class Admitted(CompiledStateGraph[State, Context, InputState, OutputState]):
    """The graph, whose every run, by whichever way it comes, begins when it is its owner's turn."""

    async def astream(  # it takes what LangGraph takes and hands it on
        self,
        input: Any,  # noqa: A002, ANN401 - LangGraph's own name for it
        config: RunnableConfig | None = None,
        **options: Any,  # noqa: ANN401
    ) -> AsyncIterator[Any]:
        """What LangGraph streams."""
        owner = (config or {}).get("configurable", {}).get("langgraph_auth_user_id")
        run = cast("AsyncGenerator[Any]", super().astream(input, config, **options))
        async with turn(str(owner or "")), aclosing(run) as parts:
            async for part in parts:
                yield part


_GATES: WeakKeyDictionary[asyncio.AbstractEventLoop, Gate] = WeakKeyDictionary()


@asynccontextmanager
async def turn(owner: str) -> AsyncIterator[None]:
    """Keep a turn for one request of an owner's. There is nothing to wait for where the server has no keys."""
    if not owner or process_settings().keys is None:
        yield
        return
    async with _gate().turn(owner):
        yield


def _gate() -> Gate:
    loop = asyncio.get_running_loop()
    if loop not in _GATES:
        _GATES[loop] = Gate(process_settings().runs_at_once)
    return _GATES[loop]


def load() -> tuple[int, int]:
    """(requests under way, requests that wait) in this process."""
    loads = [gate.load for gate in list(_GATES.values())]
    return sum(running for running, _ in loads), sum(waiting for _, waiting in loads)
