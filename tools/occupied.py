"""Work in threads that goes on though nobody waits for it any more: it still occupies the device that it was lent."""

from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any

_work: ContextVar["list[Future[Any]] | None"] = ContextVar("work", default=None)


def collect(work: "list[Future[Any]]") -> None:
    """Have all threaded work of the current call, and of the tasks it starts, noted in this list."""
    _work.set(work)


def occupy(future: "Future[Any]") -> "Future[Any]":
    """Note a piece of work in a thread, which ends when the thread does; its end alone, for its result may be large."""
    work = _work.get()
    if work is not None:
        ended: Future[Any] = Future()
        ended.set_running_or_notify_cancel()  # whoever gives up waiting for it ends nothing
        future.add_done_callback(lambda _: ended.set_result(None))
        work.append(ended)
    return future
