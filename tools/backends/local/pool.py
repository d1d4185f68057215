"""Loaded models: each loaded once, run by one queue, within a memory budget; the least recently used goes first."""

import asyncio
import contextlib
import gc
import logging
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
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


@dataclass(eq=False)
class Resident:
    """A model that is in memory or on its way there."""

    name: str
    jobs: JobQueue
    ready: "Future[Any]" = field(default_factory=Future)
    bytes: int = 0
    pins: int = 0
    used: float = field(default_factory=time.monotonic)

    @property
    def busy(self) -> bool:
        """Whether freeing it now would take it from someone."""
        return self.pins > 0 or self.jobs.busy


class Pool:
    """Models of one device. ``budget`` is in bytes; ``patience`` in seconds bounds the wait for room."""

    def __init__(self, budget: Callable[[], int], workers: int = 2, patience: float = 60) -> None:
        self._budget, self._patience = budget, patience
        self._residents: dict[Hashable, Resident] = {}
        self._changed = threading.Condition()
        self._loaders = ThreadPoolExecutor(2, "load")
        self._workers = ThreadPoolExecutor(workers, "model")
        self._running = 0
        self.peak = 0  # most bytes of weights ever held at once

    @contextlib.asynccontextmanager
    async def lease(
        self, key: Hashable, name: str, size: Callable[[], int], load: Callable[[], Any], *, evict: bool = True
    ) -> AsyncIterator[Resident]:
        """A loaded model that stays loaded for the block. All who ask while it loads wait for the one load.

        Raises OutOfMemory when it can never fit, ModelLoading when those in use leave no room for now.
        """
        resident = self._pin(key, name, size, load, evict)
        try:
            await asyncio.wrap_future(resident.ready)
            yield resident
        finally:
            with self._changed:
                resident.pins -= 1
                resident.used = time.monotonic()
                self._changed.notify_all()

    def _pin(self, key: Hashable, name: str, size: Callable[[], int], load: Callable[[], Any], evict: bool) -> Resident:
        with self._changed:
            resident = self._residents.get(key)
            if resident is None:
                resident = self._residents[key] = Resident(name, JobQueue(self._run_soon))
                resident.ready.set_running_or_notify_cancel()  # one caller's cancellation must not end it for all
                self._loaders.submit(self._load, key, resident, size, load, evict)
            resident.pins += 1
            return resident

    def _load(
        self, key: Hashable, resident: Resident, size: Callable[[], int], load: Callable[[], Any], evict: bool
    ) -> None:
        try:
            self._make_room(resident, size(), evict)
            resident.ready.set_result(load())
            logger.info("loaded %s, %.2f GiB", resident.name, resident.bytes / 2**30)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for the model
            with self._changed:
                self._residents.pop(key, None)
                resident.bytes = 0
                self._changed.notify_all()
            resident.ready.set_exception(error)

    def _make_room(self, resident: Resident, size: int, evict: bool) -> None:
        budget, deadline = self._budget(), time.monotonic() + self._patience
        if size > budget:
            raise OutOfMemory(
                f"{resident.name} needs {size / 2**30:.1f} GiB and {budget / 2**30:.1f} GiB may be used: "
                "choose a smaller model, or raise HUGGINGGPT_MEMORY."
            )
        with self._changed:
            while self.used + size > budget:
                if not evict or (not self._evict_one() and not self._changed.wait(deadline - time.monotonic())):
                    raise ModelLoading(f"No room for {resident.name} while other models are in use: try again later.")
            resident.bytes = size
            self.peak = max(self.peak, self.used)

    @property
    def used(self) -> int:
        """Bytes of weights held now."""
        return sum(resident.bytes for resident in self._residents.values())

    def _evict_one(self) -> bool:
        idle = [(resident.used, key) for key, resident in self._residents.items() if not resident.busy]
        if not idle:
            return False
        self._drop(min(idle, key=lambda pair: pair[0])[1])
        return True

    def _drop(self, key: Hashable) -> None:
        resident = self._residents.pop(key)
        logger.info("freed %s", resident.name)
        del resident
        gc.collect()
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()

    def forget(self, name: str | None = None) -> int:
        """Free the models of that name, or all, that nobody uses; returns how many."""
        with self._changed:
            keys = [k for k, r in self._residents.items() if not r.busy and name in {None, r.name}]
            for key in keys:
                self._drop(key)
            self._changed.notify_all()
            return len(keys)

    def loaded(self) -> list[LoadedModel]:
        """What is in memory, the most recently used first."""
        with self._changed:
            now = time.monotonic()
            ready = [r for r in self._residents.values() if r.ready.done()]
            models = [LoadedModel(r.name, r.bytes, r.busy, now - r.used) for r in ready]
        return sorted(models, key=lambda model: model.idle_seconds)

    def _run_soon(self, jobs: JobQueue) -> None:
        self._workers.submit(self._run_batch, jobs)

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
