"""Models that begin to load while it is still being decided what will run."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Protocol, Self, runtime_checkable

from tools.protocol import Candidate
from tools.registry import BACKENDS


@runtime_checkable
class Warms(Protocol):
    """A backend that can load a model ahead of its call, never at the cost of another that is loaded."""

    async def warm(self, candidate: Candidate) -> None:
        """Load it, or leave it; failures wait for the call."""
        ...


class WarmUp:
    """What one stage began to load. When the stage ends, everything but what it ``keeps`` is abandoned."""

    def __init__(self) -> None:
        self._loading: dict[Hashable, asyncio.Task[None]] = {}
        self._kept: set[Hashable] = set()

    def begin(self, purpose: Hashable, find: Callable[[], Sequence[Candidate]]) -> None:
        """Begin to load the first candidate for a purpose, if its backend can. ``find`` runs beside the event loop."""
        if purpose not in self._loading:
            loading = self._loading[purpose] = asyncio.create_task(_load(find))
            _LOADING.add(loading)
            loading.add_done_callback(_LOADING.discard)

    def keep(self, purposes: Iterable[Hashable]) -> None:
        """These were guessed right; let them load on after the stage has ended."""
        self._kept.update(purposes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for purpose in self._loading.keys() - self._kept:
            self._loading[purpose].cancel()


async def _load(find: Callable[[], Sequence[Candidate]]) -> None:
    for candidate in (await asyncio.to_thread(find))[:1]:
        backend = BACKENDS.get(candidate.backend)
        if isinstance(backend, Warms):
            await backend.warm(candidate)


_LOADING: set[asyncio.Task[None]] = set()  # asyncio itself keeps no hold of its tasks
