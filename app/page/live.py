"""One request while it runs, as something a page can redraw from."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig

from app.progress import Progress
from app.run import Given, Graph, Report, run
from graph.context import Context

BEAT = 0.1  # seconds between two drawings at the least; a page cannot show more
TICK = 0.5  # seconds after which running clocks are drawn again though nothing happened


class Live:
    """What is known of a running request. It is a Watcher (app/run.py) and wakes whoever draws it."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.answer = ""
        self.report: Report | None = None
        self._changed = asyncio.Event()

    def stage(self, name: str, update: Mapping[str, Any]) -> None:
        """A stage has ended; after planning there is a graph to draw."""
        if name == "plan" and update.get("plan"):
            self.progress.begin(update["plan"])
        self.wake()

    def event(self, event: Mapping[str, Any]) -> None:
        """Light a node up."""
        self.progress.event(event)
        self.wake()

    def token(self, text: str) -> None:
        """Let the answer grow."""
        self.answer += text
        self.wake()

    def wake(self, *_: object) -> None:
        """Let whoever draws look again."""
        self._changed.set()

    async def change(self) -> None:
        """Wait until there is something new to draw, or a clock to move."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), TICK)
        self._changed.clear()


async def follow(graph: Graph, given: Given, context: Context, config: RunnableConfig) -> AsyncIterator[Live]:
    """Run a request and yield at every change; the last one yielded carries the report.

    Closing the iterator (the user pressed stop, or left) cancels the run; what had finished stays in its checkpoint.
    """
    live = Live()
    running = asyncio.create_task(run(graph, given, context, config, live))
    running.add_done_callback(live.wake)
    try:
        while not running.done():
            yield live
            await live.change()
            await asyncio.sleep(BEAT)
        live.report = await running
        yield live
    finally:
        running.cancel()
        await asyncio.wait([running], timeout=5)
