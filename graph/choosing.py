"""Models that the controller chooses while it still writes the plan: for what is written, one call at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from graph.state import Task
from tools.protocol import Candidate

Wish = tuple[str, str]  # the model that was chosen, and why
Ask = Callable[[Sequence[Task], Mapping[int, Sequence[Candidate]]], Awaitable[Mapping[int, Wish]]]


@dataclass(frozen=True, eq=False)
class _Open:
    """A task that waits for its model."""

    key: Hashable
    task: Task
    candidates: Sequence[Candidate]
    asked: asyncio.Event = field(default_factory=asyncio.Event)


class Choosing:
    """Asks for all tasks that wait, and for those that came meanwhile in the next call, until it is told to ``stop``.

    ``made`` are the wishes by key. A task that is not in it is to be chosen for with the rest of the plan.
    """

    def __init__(self, ask: Ask) -> None:
        self.made: dict[Hashable, Wish] = {}
        self._ask = ask
        self._waiting: list[_Open] = []
        self._asking: asyncio.Task[None] | None = None
        self._stopped = False

    async def wish(self, key: Hashable, task: Task, candidates: Sequence[Candidate]) -> Wish | None:
        """What the controller chose among the candidates, if it was asked in time, and could choose."""
        if not self._stopped:
            open_ = _Open(key, task, candidates)
            self._waiting.append(open_)
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._work())
            await open_.asked.wait()
        return self.made.get(key)

    async def stop(self) -> None:
        """The plan is finished: no further call begins; return when the one that runs has ended."""
        self._end(self._waiting)
        self._stopped, self._waiting = True, []
        if self._asking:
            await asyncio.wait([self._asking])

    def drop(self) -> None:
        """Give up, also the call that runs."""
        self._stopped = True
        if self._asking:
            self._asking.cancel()

    async def _work(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting, []
            try:
                tasks = [open_.task.model_copy(update={"id": place}) for place, open_ in enumerate(now)]
                wishes = await self._ask(tasks, {place: open_.candidates for place, open_ in enumerate(now)})
                self.made |= {now[place].key: wish for place, wish in wishes.items() if place < len(now) and wish[0]}
            finally:
                self._end(now)

    def _end(self, waiting: Sequence[_Open]) -> None:
        for open_ in waiting:
            open_.asked.set()
