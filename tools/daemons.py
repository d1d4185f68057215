"""Threads that may be left behind: a stranger's code that never returns must not keep the program from ending."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from tools.occupied import occupy

T = TypeVar("T")
P = ParamSpec("P")


async def aside(work: Callable[[], T], name: str) -> T:
    """Run it in a daemon thread of its own, with the caller's context. Cancelled, the thread is left behind."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    outcome: list[tuple[T | None, BaseException | None]] = []
    thread: Future[None] = occupy(Future())
    thread.set_running_or_notify_cancel()  # nothing stops it any more

    def body() -> None:
        try:
            outcome.append((work(), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, StopIteration too, which no future takes
            outcome.append((None, error))
        thread.set_result(None)
        with suppress(RuntimeError):  # nobody waits any more, and the loop is closed
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=partial(copy_context().run, body), name=name, daemon=True).start()
    await done.wait()
    made, error = outcome[0]
    if error:
        raise error
    return made  # type: ignore[return-value]  # without an error it is what the work returned


class DaemonExecutor(Executor):
    """An executor whose threads, one for each call, are not waited for when the program ends."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Start the call at once."""
        future: Future[Any] = Future()
        threading.Thread(target=_settle, args=(future, partial(fn, *args, **kwargs)), daemon=True).start()
        return future


def _settle(future: "Future[Any]", work: Callable[[], Any]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - as any executor does, the future tells it
            future.set_exception(error)
