"""Models that begin to load while it is still being decided what will run."""

import asyncio
from collections.abc import Iterable
from typing import Protocol, Self, runtime_checkable

from tools.backends import BACKENDS
from tools.backends.base import Candidate

Key = tuple[str, str]  # backend, model


@runtime_checkable
class Warms(Protocol):
    """A backend that can load a model ahead of its call, never at the cost of another that is loaded."""

    async def warm(self, candidate: Candidate) -> None:
        """Load it, or leave it; failures wait for the call."""
        ...


class WarmUp:
    """What one stage began to load. When the stage ends, everything but what it ``keeps`` is abandoned."""

    def __init__(self) -> None:
        self._loading: dict[Key, asyncio.Task[None]] = {}
        self._kept: set[Key] = set()

    def begin(self, candidate: Candidate) -> None:
        """Begin to load a model that is likely to run, if its backend can."""
        backend, key = BACKENDS.get(candidate.backend), (candidate.backend, candidate.model)
        if isinstance(backend, Warms) and key not in self._loading:
            loading = self._loading[key] = asyncio.create_task(backend.warm(candidate))
            _LOADING.add(loading)
            loading.add_done_callback(_LOADING.discard)

    def keep(self, keys: Iterable[Key]) -> None:
        """These will run; let them load on after the stage has ended."""
        self._kept.update(keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for key in self._loading.keys() - self._kept:
            self._loading[key].cancel()


_LOADING: set[asyncio.Task[None]] = set()  # asyncio itself keeps no hold of its tasks
