"""Ctrl-C: stop within a second, whatever models are doing."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import typer

from app.cli.errors import STOPPED

Value = TypeVar("Value")
PATIENCE = 0.8  # seconds for tasks to leave their results in the checkpoint


def run_until_stopped(
    work: Coroutine[Any, Any, Value], on_stop: Callable[[], str], runner: asyncio.Runner | None = None
) -> Value:
    """Run to the end, or until Ctrl-C: then cancel, say ``on_stop()`` and leave with code 130.

    A model computing in a thread cannot be interrupted, and Python waits for its threads before it ends;
    so after Ctrl-C the process ends without waiting, once finished work is safe in the checkpoint.
    """

    def leave() -> None:
        typer.echo(f"\n{on_stop()}", err=True)
        sys.stdout.flush()
        os._exit(STOPPED)

    async def guarded() -> Value:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop() -> None:
            if task:
                task.cancel()
            loop.call_later(PATIENCE, leave)

        with contextlib.suppress(NotImplementedError):  # Windows, where the runner itself cancels on Ctrl-C
            loop.add_signal_handler(signal.SIGINT, stop)
        try:
            return await work
        except asyncio.CancelledError:
            leave()
            raise
        finally:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(signal.SIGINT)

    return runner.run(guarded()) if runner else asyncio.run(guarded())
