"""Ctrl-C, and the signals by which programs and terminals end others: stop within a second, whatever models do."""

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
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
PATIENCE = 0.8  # seconds for tasks to leave their results in the checkpoint


def run_until_stopped(
    work: Coroutine[Any, Any, Value], on_stop: Callable[[], str], runner: asyncio.Runner | None = None
) -> Value:
    """Run to the end, or until Ctrl-C, SIGTERM or SIGHUP: then cancel, say ``on_stop()`` and leave with code 130.

    A model computing in a thread cannot be interrupted, and Python waits for its threads before it ends;
    so after Ctrl-C the process ends without waiting, once finished work is safe in the checkpoint.
    """

    def leave() -> None:
        with contextlib.suppress(OSError):  # the terminal may have gone
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
            for number in SIGNALS:
                loop.add_signal_handler(number, stop)
        try:
            return await work
        except asyncio.CancelledError:
            leave()
            raise
        finally:
            with contextlib.suppress(NotImplementedError):
                for number in SIGNALS:
                    loop.remove_signal_handler(number)

    return runner.run(guarded()) if runner else asyncio.run(guarded())
