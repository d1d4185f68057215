"""One task on its way: its result is there for other tasks at once, and ended once it is on record."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from graph.state import Result


class Branch:
    """A task among those that it ``needs``, by their numbers; None is a need that is no earlier task of the plan.

    What depends on a task begins when its result is ``made``, without a wait for the disk; nothing is put on record
    before all that it was made of. So whatever a crash leaves on record fits together.
    """

    def __init__(self, needs: Mapping[int, "Branch | None"]) -> None:
        self._needs = needs
        self.made: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.kept: asyncio.Future[Result] = self.made

    def settle(self, result: Result) -> None:
        """It was done before."""
        self.made.set_result(result)

    def run(self, work: Coroutine[Any, Any, Result]) -> None:
        """Begin the work, which ends when its result is on record."""
        self.kept = asyncio.ensure_future(work)
        self.kept.add_done_callback(self._ended)

    def pass_on(self, result: Result) -> None:
        """Give the result to the tasks that wait for it."""
        if not self.made.done():
            self.made.set_result(result)

    async def needed(self) -> dict[int, Result | None]:
        """What it needs, once it is made. A need that is no earlier task (a cycle, or nothing) is never waited for."""
        await _all(branch.made for branch in self._needs.values() if branch)
        return {id_: branch.made.result() if branch else None for id_, branch in self._needs.items()}

    async def needs_kept(self) -> None:
        """Wait until all that it was made of is on record."""
        await _all(branch.kept for branch in self._needs.values() if branch)

    def _ended(self, work: asyncio.Future[Result]) -> None:
        """Pass on what ended without a word: a result on record from before, a failure of our own, a cancellation."""
        if self.made.done():
            return
        if work.cancelled():
            self.made.cancel()
        elif error := work.exception():
            self.made.set_exception(error)
            self.made.exception()  # it is told by ``kept``; asyncio need not complain
        else:
            self.made.set_result(work.result())


async def _all(ends: Iterable[asyncio.Future[Result]]) -> None:
    """Not gather: cancelling one who waits must not cancel what others wait for, too."""
    if waited := list(ends):
        await asyncio.wait(waited)
