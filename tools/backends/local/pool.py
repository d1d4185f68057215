"""Loaded models: each loaded once, run by one queue, within a memory budget; the least recently used goes first."""

import asyncio
import contextlib
import gc
import logging
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tools.backends.local.batching import JobQueue
from tools.backends.local.placement import share_cores
from tools.errors import ModelLoading, OutOfMemory

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedModel:
    """What the pool reports of a model in memory. ``bytes`` is the size of its weights."""

    model: str
    bytes: int
    busy: bool
    idle_seconds: float


@dataclass(frozen=True)
class Want:
    """A model to be leased. ``size``, in bytes, and ``load`` are asked once, and off the event loop."""

    key: Hashable
    name: str
    size: Callable[[], int]
    load: Callable[[], Any]
    slow: bool = False


@dataclass(eq=False)
class Resident:
    """A model that is in memory, on its way there, or waits for room."""

    name: str
    jobs: JobQueue
    ready: "Future[Any]" = field(default_factory=Future)
    bytes: int = 0
    admitted: bool = False
    pins: int = 0
    used: float = field(default_factory=time.monotonic)

    @property
    def busy(self) -> bool:
        """Whether freeing it now would take it from someone."""
        return self.pins > 0 or self.jobs.busy


class Pool:
    """Models of one device. ``budget`` is in bytes; ``patience`` in seconds bounds the wait for room.

    No lock is held while anything is read, loaded or freed: the event loop takes it, too.
    """

    def __init__(self, budget: Callable[[], int], workers: int = 2, patience: float = 60) -> None:
        self._budget, self._patience = budget, patience
        self._residents: dict[Hashable, Resident] = {}
        self._changed = threading.Condition()
        self._waiters = ThreadPoolExecutor(32, "room")
        self._loaders = ThreadPoolExecutor(2, "load")
        self._workers = {slow: ThreadPoolExecutor(workers, "model") for slow in (False, True)}
        self._running = 0
        self.peak = 0  # most bytes of weights ever held at once

    @contextlib.asynccontextmanager
    async def lease(self, *wants: Want, evict: bool = True) -> AsyncIterator[list[Resident]]:
        """Loaded models that stay loaded for the block: room is found for all of them together, or for none.

        All who ask for a model while it loads wait for the one load.

        Raises OutOfMemory when they can never fit, ModelLoading when those in use leave no room for now.
        """
        residents = self._pin(wants, evict)
        try:
            for resident in residents:
                await asyncio.wrap_future(resident.ready)
            yield residents
        finally:
            with self._changed:
                for resident in residents:
                    resident.pins -= 1
                    resident.used = time.monotonic()
                self._changed.notify_all()

    @property
    def room(self) -> int:
        """Bytes that all models together may take now."""
        return self._budget()

    def check(self, name: str, size: int) -> None:
        """Raise OutOfMemory for a model that can never fit."""
        budget = self.room
        if size > budget:
            raise OutOfMemory(
                f"{name} needs {size / 2**30:.1f} GiB and {budget / 2**30:.1f} GiB may be used: "
                "choose a smaller model, or raise HUGGINGGPT_MEMORY."
            )

    def _pin(self, wants: Sequence[Want], evict: bool) -> list[Resident]:
        with self._changed:
            new = [(want, self._resident(want)) for want in wants if want.key not in self._residents]
            residents = [self._residents[want.key] for want in wants]
            for resident in residents:
                resident.pins += 1
            if new:
                fresh = {id(resident) for _, resident in new}
                others = [resident for resident in residents if id(resident) not in fresh]
                self._waiters.submit(self._admit, new, others, evict)
            return residents

    def _resident(self, want: Want) -> Resident:
        resident = Resident(want.name, JobQueue(partial(self._run_soon, want.slow)))
        resident.ready.set_running_or_notify_cancel()  # one caller's cancellation must not end it for all
        self._residents[want.key] = resident
        return resident

    def _admit(self, new: Sequence[tuple[Want, Resident]], others: Sequence[Resident], evict: bool) -> None:
        """Find room for all that one call lacks, then load it. It waits for no room while it holds some."""
        try:
            self._make_room([(resident, want.size()) for want, resident in new], others, evict)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for the models
            for want, resident in new:
                self._fail(want, resident, error)
            return
        for want, resident in new:
            self._loaders.submit(self._load, want, resident)

    def _load(self, want: Want, resident: Resident) -> None:
        try:
            resident.ready.set_result(want.load())
            logger.info("loaded %s, %.2f GiB", resident.name, resident.bytes / 2**30)
        except BaseException as error:  # noqa: BLE001 - as above
            self._fail(want, resident, error)

    def _fail(self, want: Want, resident: Resident, error: BaseException) -> None:
        with self._changed:
            self._residents.pop(want.key, None)
            resident.bytes = 0
            resident.ready.set_exception(error)
            self._changed.notify_all()

    def _make_room(self, sizes: Sequence[tuple[Resident, int]], others: Sequence[Resident], evict: bool) -> None:
        names, needed = " with ".join(resident.name for resident, _ in sizes), sum(size for _, size in sizes)
        self.check(names, needed)
        budget, deadline = self.room, time.monotonic() + self._patience
        with self._changed:
            while not self._fits(needed, budget, others):
                if evict and self._is_turn(others) and self._evict_one():
                    continue
                if not evict or not self._changed.wait(deadline - time.monotonic()):
                    raise ModelLoading(f"No room for {names} while other models are in use: try again later.")
            for resident, size in sizes:
                resident.bytes, resident.admitted = size, True
            self.peak = max(self.peak, self.used)
            self._changed.notify_all()

    def _is_turn(self, others: Sequence[Resident]) -> bool:
        """Whether those models of the same call for which another call asked before have got their room."""
        return all(other.admitted or other.ready.done() for other in others)

    def _fits(self, needed: int, budget: int, others: Sequence[Resident]) -> bool:
        return self.used + needed <= budget and self._is_turn(others)

    @property
    def used(self) -> int:
        """Bytes of weights held now."""
        return sum(resident.bytes for resident in self._residents.values())

    def _evict_one(self) -> bool:
        """Free the model that was idle for longest, if there is one; the lock is let go meanwhile."""
        idle = [(resident.used, key) for key, resident in self._residents.items() if not resident.busy]
        if not idle:
            return False
        out = [self._residents.pop(min(idle, key=lambda pair: pair[0])[1])]
        logger.info("freed %s", out[0].name)
        self._changed.release()
        try:
            out.clear()
            _collect()
        finally:
            self._changed.acquire()
        return True

    def forget(self, name: str | None = None) -> int:
        """Free the models of that name, or all, that nobody uses; returns how many."""
        with self._changed:
            keys = [k for k, r in self._residents.items() if not r.busy and name in {None, r.name}]
            out = [self._residents.pop(key) for key in keys]
            self._changed.notify_all()
        out.clear()
        if keys:
            _collect()
        return len(keys)

    def loaded(self) -> list[LoadedModel]:
        """What is in memory, the most recently used first."""
        with self._changed:
            now = time.monotonic()
            ready = [r for r in self._residents.values() if r.ready.done()]
            models = [LoadedModel(r.name, r.bytes, r.busy, now - r.used) for r in ready]
        return sorted(models, key=lambda model: model.idle_seconds)

    def _run_soon(self, slow: bool, jobs: JobQueue) -> None:
        self._workers[slow].submit(self._run_batch, jobs)

    def _run_batch(self, jobs: JobQueue) -> None:
        with self._changed:
            self._running += 1
            running = self._running
        try:
            share_cores(running)
            jobs.run_next()
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()


def _collect() -> None:
    """Give back the memory of models that are used no more."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
