"""Limits of one call through the Hub's client, which has none for what it polls and downloads."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import TypeVar

import httpx

from tools.clients import stay
from tools.errors import BadOutput, ModelTimeout

T = TypeVar("T")

_POLL = re.compile(r"(/requests/[^/]+)/status$")  # of fal's queue
_PATIENCE = 10.0  # seconds in which a provider hears that its work is no longer wanted


class Bounds:
    """Until when a call may go on (in monotonic seconds), and how many bytes it may take."""

    def __init__(self, until: float, most: int) -> None:
        self.most = most
        self.polled: httpx.Request | None = None
        self._until, self._stopped = until, threading.Event()

    def stop(self) -> None:
        """Whatever the call still does ends with its next step."""
        self._stopped.set()

    @property
    def left(self) -> float:
        """Seconds that are left. Raises ModelTimeout where there are none."""
        seconds = self._until - time.monotonic()
        if seconds <= 0 or self._stopped.is_set():
            raise ModelTimeout("The provider did not answer in time.")
        return seconds


_bounds: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


def bounded(bounds: Bounds, work: Callable[[], T]) -> T:
    """Do the work, with whatever it asks of a network through the Hub's client held to the bounds."""
    from huggingface_hub import get_session

    hooks = get_session().event_hooks
    if _before not in hooks["request"]:
        hooks["request"].append(_before)
        hooks["response"].append(_after)
    _bounds.set(bounds)
    try:
        return work()
    except ModelTimeout:
        _withdraw(bounds)
        raise


def _before(request: httpx.Request) -> None:
    if bounds := _bounds.get():
        request.extensions["timeout"] = httpx.Timeout(bounds.left).as_dict()
        request.headers["Accept-Encoding"] = "identity"  # lest a few bytes become gigabytes
        if request.method == "GET" and _POLL.search(request.url.path):
            bounds.polled = request


def _after(response: httpx.Response) -> None:
    if bounds := _bounds.get():
        if response.request.method == "POST":
            stay(response)
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101 - of a synchronous client always
        response.stream = _Counted(response.stream, bounds)


class _Counted(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, bounds: Bounds) -> None:
        self._stream, self._bounds = stream, bounds

    def __iter__(self) -> Iterator[bytes]:
        taken = 0
        for chunk in self._stream:
            taken += len(chunk)
            if taken > self._bounds.most:
                raise BadOutput(f"The provider's answer is larger than {self._bounds.most / 2**20:.0f} MB.")
            if self._bounds.left:
                yield chunk

    def close(self) -> None:
        self._stream.close()


def _withdraw(bounds: Bounds) -> None:
    """Tell the provider that nobody waits for the work any more, where it takes such word."""
    from huggingface_hub import get_session

    if bounds.polled is not None:
        _bounds.set(None)
        url = bounds.polled.url
        path = _POLL.sub(r"\1/cancel", url.path)
        with suppress(httpx.HTTPError):
            get_session().put(url.copy_with(path=path), headers=bounds.polled.headers, timeout=_PATIENCE)
