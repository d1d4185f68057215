"""Results that are worked out once: whoever asks meanwhile waits for the same, in whichever thread or event loop."""

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Results by key, made by the threads of an executor. A failure is told to all who wait, and then forgotten."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._results: dict[Hashable, Future[T]] = {}
        self._lock = threading.Lock()

    async def get(self, key: Hashable, make: Callable[..., T], *args: Any) -> T:
        """The result of ``make(*args)``, made now where it is not yet. A caller who goes away stops nobody's."""
        with self._lock:
            result, asked = self._results.get(key), key in self._results
            if result is None:
                result = self._results[key] = self._threads.submit(make, *args)
        if not asked:
            result.add_done_callback(partial(self._settle, key))
        return await asyncio.shield(asyncio.wrap_future(result))

    def _settle(self, key: Hashable, result: "Future[T]") -> None:
        with self._lock:
            if result.exception() is not None and self._results.get(key) is result:
                del self._results[key]
