"""Requests while they run, as something that pages can draw from.

A request goes on when its page is closed, as it does on a phone that falls asleep: any page that opens the
conversation later draws it again. Only its end, the stop button or the server's end ends it.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any

from app.progress import Progress
from app.run import Report
from tools.errors import HuggingGPTError

BEAT = 0.1  # seconds between two drawings at the least; a page cannot show more
TICK = 0.4  # seconds after which running clocks are drawn again though nothing happened
PATIENCE = 5  # seconds that a stopped request may take to end
BROKEN = "The program itself failed. The server's log tells why; please report it."
NOT_KEPT = "This answer is not kept, because the server cannot write to its disk; tell whoever runs it."

log = logging.getLogger(__name__)


class Live:
    """What is known of a running request. It is a Watcher (app/run.py) and wakes whoever draws it.

    ``chat`` is what the conversation shows above the answer to come, in Gradio's form.
    """

    def __init__(self, chat: list[dict[str, Any]]) -> None:
        self.chat = chat
        self.progress = Progress()
        self.answer = ""
        self.stopped = False
        self.task: asyncio.Task[Report] | None = None
        self._changes = 0
        self._changed = asyncio.Event()

    def stage(self, name: str, update: Mapping[str, Any]) -> None:
        """A stage has ended; after planning there is a graph to draw."""
        if name == "plan" and update.get("plan"):
            self.progress.begin(update["plan"])
        self._wake()

    def event(self, event: Mapping[str, Any]) -> None:
        """Light a node up."""
        self.progress.event(event)
        self._wake()

    def token(self, text: str) -> None:
        """Let the answer grow."""
        self.answer += text
        self._wake()

    @property
    def failure(self) -> str:
        """Why the request came to no end, or its answer is not kept, in a sentence; empty if all went well."""
        if self.task is None or not self.task.done() or self.task.cancelled():
            return ""
        if error := self.task.exception():
            return str(error) if isinstance(error, HuggingGPTError) else BROKEN
        return NOT_KEPT if self.task.result().lost else ""

    @property
    def over(self) -> bool:
        """Whether the request has ended, one way or the other."""
        return self.task is None or self.task.done()

    def begin(self, work: Coroutine[Any, Any, Report]) -> None:
        """Let the request run, in a task that no page owns."""
        self.task = asyncio.create_task(work)
        self.task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """End the request; what had finished stays in its checkpoint."""
        if self.task and not self.task.done():
            self.stopped = True
            self.task.cancel()
            await asyncio.wait([self.task], timeout=PATIENCE)

    async def changes(self) -> AsyncIterator[None]:
        """Something new to draw, or a clock to move, until the request has ended."""
        while not self.over:
            seen, changed = self._changes, self._changed
            yield
            if self._changes == seen:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), TICK)
            await asyncio.sleep(BEAT)

    def _wake(self) -> None:
        self._changes += 1
        self._changed.set()
        self._changed = asyncio.Event()  # each event serves whoever waits at present

    def _ended(self, task: asyncio.Task[Report]) -> None:
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, HuggingGPTError):
            log.error("A request from the page failed", exc_info=error)
        if error or task.cancelled():
            for row in self.progress.rows.values():
                row.stop()
        self._wake()
