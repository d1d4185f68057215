"""Who may use a device now: a few tasks at a time, owners in turn, then requests, the longest remaining path first."""

import asyncio
import heapq
import os
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from tools.settings import settings

Share = tuple[str, Hashable]  # an owner, and one of their requests
_Turn = tuple[float, int, bool, asyncio.Future[None]]  # its priority negated, its number, whether it is a film's


class Device:
    """A place where tasks run, at most ``capacity`` at a time.

    A free slot goes to the owner who holds the fewest, of equals to the one who got none for longest, so that nobody
    gains by sending many requests (an owner's browsers are one owner); among an owner's requests to the one that holds
    the fewest, so that a plan of hundreds of tasks cannot starve a small one; within a request to the task with the
    most work behind it. No owner but the own machine's holds more than ``most`` (0: any). Films, which take
    minutes, leave one slot to all else, where there is more than one.
    """

    def __init__(self, capacity: int, most: int = 0) -> None:
        self._capacity = self._free = capacity
        self._most, self._most_films, self._films = most, max(1, capacity - 1), 0
        self._held: Counter[Hashable] = Counter()  # by request, and by owner
        self._waiting: dict[Share, list[_Turn]] = {}
        self._order = count()
        self._last: dict[Hashable, int] = {}  # when owners got a slot last
        self._left: set[asyncio.Task[None]] = set()  # asyncio itself keeps no hold of its tasks

    @property
    def running(self) -> int:
        """How many tasks hold a slot."""
        return self._capacity - self._free

    @property
    def waiting(self) -> int:
        """How many tasks wait for one."""
        return sum(len(queue) for queue in list(self._waiting.values()))

    @asynccontextmanager
    async def slot(
        self, request: Hashable, priority: float, owner: str = "", *, film: bool = False
    ) -> AsyncIterator[list[Future[Any]]]:
        """Wait for a slot, and hold it, until also the work that is put into the list has ended.

        A cancelled wait takes nothing.
        """
        share: Share = ("owner " + owner.partition("/")[0], request)
        work: list[Future[Any]] = []
        await self._acquire(share, priority, film)
        try:
            yield work
        finally:
            if left := [asyncio.wrap_future(future) for future in work if not future.done()]:
                waiting = asyncio.create_task(self._outlast(left, share, film))
                self._left.add(waiting)
                waiting.add_done_callback(self._left.discard)
            else:
                self._release(share, film)
                self._grant()

    async def _outlast(self, left: list[asyncio.Future[Any]], share: Share, film: bool) -> None:
        """Hold the slot of a call that was given up until its threads, which nothing can stop, have ended."""
        await asyncio.gather(*left, return_exceptions=True)
        self._release(share, film)
        self._grant()

    async def _acquire(self, share: Share, priority: float, film: bool) -> None:
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting.setdefault(share, []), (-priority, next(self._order), film, turn))
        self._grant()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # granted in the very moment of the cancellation
                self._release(share, film)
            self._grant()
            raise

    def _release(self, share: Share, film: bool) -> None:
        self._held.subtract(share)
        self._held = +self._held  # forgets those who hold nothing
        self._free += 1
        self._films -= film

    def _grant(self) -> None:
        while self._free and (shares := [share for share in self._waiting if self._has_room(share)]):
            share = min(shares, key=self._due)
            queue = self._waiting.pop(share)
            _, _, film, turn = self._pop(queue)
            if queue:
                self._waiting[share] = queue  # at the end: equals take turns
            if not turn.cancelled():
                self._free -= 1
                self._films += film
                self._held.update(share)
                self._last[share[0]] = next(self._order)
                turn.set_result(None)

    def _due(self, share: Share) -> tuple[int, int, int]:
        owner, request = share
        return self._held[owner], self._last.get(owner, -1), self._held[request]

    def _pop(self, queue: list[_Turn]) -> _Turn:
        first = self._first(queue)
        if first is None or first is queue[0]:
            return heapq.heappop(queue)
        queue.remove(first)
        heapq.heapify(queue)
        return first

    def _has_room(self, share: Share) -> bool:
        within = not self._most or share[0] == _OWN or self._held[share[0]] < self._most
        return within and self._first(self._waiting[share]) is not None

    def _first(self, queue: Sequence[_Turn]) -> _Turn | None:
        """Whose turn it is in a queue; None while only films wait and there are as many as may be."""
        if self._films < self._most_films or not queue[0][2]:
            return queue[0]
        return min((turn for turn in queue if not turn[2]), default=None)


_OWN = "owner "  # of what the command line runs
_DEVICES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Device]] = WeakKeyDictionary()


def device(name: str) -> Device:
    """The device of that name (``cpu``, ``cuda:0``, the host of an endpoint), shared by all requests of this loop."""
    devices = _DEVICES.setdefault(asyncio.get_running_loop(), {})
    if name not in devices:
        devices[name] = Device(settings().slots.get(name) or _capacity(name), settings().tasks_at_once)
    return devices[name]


def loads() -> dict[str, tuple[int, int]]:
    """(tasks that run, tasks that wait) on each device of this process."""
    both: dict[str, tuple[int, int]] = {}
    for devices in list(_DEVICES.values()):
        for name, place in list(devices.items()):
            running, waiting = both.get(name, (0, 0))
            both[name] = running + place.running, waiting + place.waiting
    return both


def _capacity(name: str) -> int:
    if name == "cpu":
        return max(2, os.cpu_count() or 1)
    return 2 if name.partition(":")[0] in {"cuda", "mps", "xpu"} else 8
