"""Tasks that run already, on their way from the stage that began them to the stage that executes the plan."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Self

from langgraph.runtime import Runtime
from langgraph.types import StreamWriter

from graph.binding import REFERENCE
from graph.choosing import Choosing, Wish
from graph.context import Context
from graph.state import Result, Task

GRACE = 5.0  # seconds for which running tasks wait between two stages, before they are given up
Signature = str  # what a task does, whatever its number: its type and arguments, its dependencies' signatures included


def signatures(tasks: Sequence[Task]) -> dict[int, Signature]:
    """The signature of every task, by number. The tasks come in topological order."""
    known: dict[int, Signature] = {}
    for task in tasks:
        args = json.dumps(task.args, sort_keys=True, ensure_ascii=False)
        args = REFERENCE.sub(lambda match: f"<{known.get(int(match[1]), match[0])}>", args)
        needs = sorted(known.get(needed, "") for needed in task.dep)
        done = f"{task.task} {args} {needs}".encode(errors="surrogatepass")  # a model may write half a character
        known[task.id] = hashlib.sha256(done).hexdigest()
    return known


class Relay:
    """Keeps the events of a task until it is known who listens, and by which number the task goes."""

    def __init__(self) -> None:
        self._kept: list[dict[str, Any]] = []
        self._write: Callable[[dict[str, Any]], None] = self._kept.append

    def __call__(self, event: dict[str, Any]) -> None:
        """Take one event."""
        self._write(event)

    def attach(self, write: StreamWriter, id_: int) -> None:
        """Send on all that has happened, and what will."""
        self._write = lambda event: write({**event, "id": id_})
        for event in self._kept:
            self._write(event)


@dataclass(eq=False)
class Begun:
    """A task that has begun. ``running`` ends without a result where the task had better be done as usual."""

    relay: Relay = field(default_factory=Relay)
    running: "asyncio.Future[Result | None]" = field(init=False)

    @property
    def made(self) -> Result | None:
        """What came of it, once it has ended."""
        return None if self.running.cancelled() or self.running.exception() else self.running.result()

    async def result(self, write: StreamWriter, task: Task) -> Result | None:
        """What comes of it, for the task of the finished plan that it turned out to be."""
        self.relay.attach(write, task.id)
        await asyncio.wait([self.running])
        return self.made and self.made.model_copy(update={"id": task.id})


class Handover:
    """What was begun for one run. It is given up when no stage has it for a while, or when one of them fails."""

    def __init__(self, runtime: Runtime[Context]) -> None:
        self.begun: dict[Signature, Begun] = {}
        self.choosing: Choosing | None = None
        self.key = _key(runtime)
        self._end: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        """Be found by later stages, or go on in one of them."""
        _ON_THE_WAY[self.key] = self
        if self._end:
            self._end.cancel()
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Wait for the next stage for a while, unless this one failed."""
        if failed:
            self.drop()
        else:
            self._end = asyncio.get_running_loop().call_later(GRACE, self.drop)

    def keep(self, tasks: Sequence[Task]) -> None:
        """Cancel what the finished plan does not contain."""
        wanted = set(signatures(tasks).values())
        for signature in self.begun.keys() - wanted:
            self.begun.pop(signature).running.cancel()

    async def chosen(self, tasks: Sequence[Task]) -> dict[int, Wish]:
        """The models that were chosen while the plan was written, by the numbers of the finished plan."""
        if self.choosing is None:
            return {}
        await self.choosing.stop()
        made = self.choosing.made
        return {id_: made[signature] for id_, signature in signatures(tasks).items() if signature in made}

    def take(self, tasks: Sequence[Task]) -> dict[int, Begun]:
        """What has begun, by the numbers of the finished plan."""
        return {id_: self.begun[signature] for id_, signature in signatures(tasks).items() if signature in self.begun}

    def drop(self) -> None:
        """Cancel all that still runs, and forget it."""
        self.keep([])
        if self.choosing:
            self.choosing.drop()
        _ON_THE_WAY.pop(self.key, None)


def handed(runtime: Runtime[Context]) -> AbstractContextManager[Handover | None]:
    """What an earlier stage of this run began, if it did; as long as it is held it is not given up."""
    return _ON_THE_WAY.get(_key(runtime)) or nullcontext()


def _key(runtime: Runtime[Context]) -> tuple[object, str]:
    """The run and the place of this graph in it. The control is the run's own, and kept alive by being the key."""
    info = runtime.execution_info
    return runtime.control, f"{info.thread_id} {info.checkpoint_ns.rpartition('|')[0]}" if info else ""


_ON_THE_WAY: dict[tuple[object, str], Handover] = {}
