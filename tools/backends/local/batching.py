"""One queue per loaded model: its calls never overlap, and like calls that wait together run as one batch."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any

from tools.occupied import occupy

Run = Callable[[list[Any]], Sequence[Any]]
abandoned: ContextVar[Callable[[], bool]] = ContextVar("abandoned", default=lambda: False)
"""Tells code that runs a model whether nobody waits for the result any more."""


@dataclass(eq=False)
class Job:
    """One call that waits for a model. Jobs of equal ``group`` may run together, ``limit`` at most."""

    run: Run
    inputs: Any
    group: Hashable
    limit: int
    context: Context = field(default_factory=copy_context)
    result: "Future[Any]" = field(default_factory=Future)
    cancelled: threading.Event = field(default_factory=threading.Event)


class JobQueue:
    """The calls of one model, first come, first served. ``schedule`` has some thread call ``run_next`` soon."""

    def __init__(self, schedule: Callable[["JobQueue"], None]) -> None:
        self._schedule = schedule
        self._waiting: deque[Job] = deque()
        self._lock = threading.Lock()
        self.busy = False

    async def call(self, run: Run, inputs: Any, group: Hashable = None, limit: int = 1) -> Any:
        """The result of ``run([inputs])[0]``, perhaps computed together with other calls of the same group."""
        job = Job(run, inputs, group, limit)
        with self._lock:
            self._waiting.append(job)
            idle, self.busy = not self.busy, True
        if idle:
            self._schedule(self)
        try:
            return await asyncio.wrap_future(occupy(job.result))
        except asyncio.CancelledError:
            job.cancelled.set()
            raise

    def run_next(self) -> None:
        """Run one batch, then make way for other models before the next."""
        try:
            batch = self._take()
            if batch:
                _run_together(batch)
        finally:
            with self._lock:
                self.busy = bool(self._waiting)
            if self.busy:
                self._schedule(self)

    def _take(self) -> list[Job]:
        with self._lock:
            waiting = [job for job in self._waiting if not job.result.cancelled()]
            like = [job for job in waiting if job.group == waiting[0].group]
            batch = like[: like[0].limit] if like else []
            self._waiting = deque(job for job in waiting if job not in batch)
        return [job for job in batch if job.result.set_running_or_notify_cancel()]


def _run_together(batch: list[Job]) -> None:
    """Run a batch; when it fails, each job alone, so that one bad input or a full memory fails no neighbour."""
    try:
        outputs = batch[0].context.run(_run_watched, batch)
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the result
        if len(batch) == 1:
            batch[0].result.set_exception(error)
            return
    else:
        for job, output in zip(batch, outputs, strict=True):
            job.result.set_result(output)
        return
    for job in batch:
        _run_together([job])


def _run_watched(batch: list[Job]) -> Sequence[Any]:
    abandoned.set(lambda: all(job.cancelled.is_set() for job in batch))
    return batch[0].run([job.inputs for job in batch])
