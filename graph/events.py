"""What happens while a plan runs, as custom stream events: one typed record each, sent as plain JSON."""

import time
from collections.abc import Callable
from typing import Literal

from langgraph.types import StreamWriter
from pydantic import BaseModel, ConfigDict

from graph import tally

Kind = Literal["queued", "started", "step", "retry", "fallback", "cached", "finished", "failed", "skipped"]


class Event(BaseModel):
    """Something that happened to task ``id`` at ``at`` (seconds since the epoch).

    ``queued``: its inputs are ready. ``started``: it has a slot on ``device``; ``waited`` seconds passed until then.
    ``step``: ``step`` of ``steps`` is done. ``retry``: the same model again in ``delay`` seconds, for ``reason``.
    ``fallback``: the next candidate, for ``reason``. ``cached``: an earlier result is reused.
    ``finished``: ``files`` of ``bytes`` in total, ``text`` as a preview, after ``seconds``.
    ``failed`` and ``skipped``: for good, for ``reason``.
    """

    model_config = ConfigDict(frozen=True)

    event: Kind
    id: int
    task: str
    at: float
    model: str | None = None
    backend: str | None = None
    device: str | None = None
    waited: float | None = None
    step: int | None = None
    steps: int | None = None
    delay: float | None = None
    reason: str | None = None
    text: str | None = None
    files: list[str] | None = None
    bytes: int | None = None
    seconds: float | None = None


class Clock:
    """Seconds since the epoch, read once and carried on by the monotonic clock: a jumping clock bends no duration."""

    def __init__(self, wall: Callable[[], float] = time.time, ticks: Callable[[], float] = time.monotonic) -> None:
        self._offset, self._ticks = wall() - ticks(), ticks

    def __call__(self) -> float:
        """The time."""
        return self._offset + self._ticks()


class Reporter:
    """Sends the events of one task to whoever streams the run. Safe from any thread."""

    def __init__(self, id_: int, task: str, write: StreamWriter, clock: Callable[[], float]) -> None:
        self._id, self._task, self._write, self.now = id_, task, write, clock

    def __call__(self, event: Kind, **facts: object) -> float:
        """Send one event, and say when it happened."""
        at = self.now()
        record = Event(event=event, id=self._id, task=self._task, at=at, **facts)
        tally.note(event, self._task, record.seconds)
        self._write(record.model_dump(exclude_none=True))
        return at
