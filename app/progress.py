"""The state of every task while a request runs, folded from the events of graph/events.py."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.state import Plan, Result, Task


@dataclass
class Row:
    """One task while it runs; ``started`` and ``ended`` are seconds of this process's monotonic clock."""

    task: Task
    status: str = "waiting"
    model: str = ""
    backend: str = ""
    note: str = ""
    step: tuple[int, int] | None = None
    started: float | None = None
    ended: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long it has been running, or ran."""
        return None if self.started is None else (self.ended or time.monotonic()) - self.started

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1, as far as it tells."""
        if self.ended is not None:
            return 1.0
        step, steps = self.step or (0, 1)
        return 0.1 + 0.8 * step / steps if self.started is not None else 0.0

    def update(self, event: Mapping[str, Any]) -> None:
        """Take in one event."""
        self.model, self.backend = event.get("model") or self.model, event.get("backend") or self.backend
        match event["event"]:
            case "queued" if self.status == "waiting":
                self.status = "queued"
            case "started":
                self.status, self.step = "running", None
                self.started = self.started or time.monotonic()
            case "step":
                self.step = (event["step"], event["steps"])
            case "retry" | "fallback" as kind:
                self.note = f"{'again' if kind == 'retry' else 'next model'}: {event.get('reason', '')}"
            case "cached":
                self.note = "reused"
            case "finished":
                self._end("done", self.note or event.get("text") or "")
            case "failed" | "skipped" as status:
                self._end(status, event.get("reason") or "")

    def settle(self, result: Result) -> None:
        """Take over what became of it, for a task that ended before this process began."""
        if self.ended is None:
            if result.choice:
                self.model, self.backend = result.choice.model, result.choice.backend
            self._end(result.status, result.error or "done before")

    def stop(self) -> None:
        """It was stopped with the request, unless it had ended."""
        if self.ended is None and self.status != "waiting":
            self._end("cancelled", "stopped")

    def _end(self, status: str, note: str) -> None:
        self.status, self.note, self.step, self.ended = status, " ".join(note.split()), None, time.monotonic()


@dataclass
class Progress:
    """Rows by task id, in the order of the plan."""

    rows: dict[int, Row] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)  # the task types of a plan that is still being written

    @property
    def done(self) -> float:
        """How many of the tasks are done, with the shares of those that run."""
        return sum(row.share for row in self.rows.values())

    def begin(self, plan: Plan) -> None:
        """Start anew with these tasks."""
        self.written = []
        self.rows = {task.id: Row(task) for task in plan.tasks}

    def resume(self, plan: Plan, results: Iterable[Result]) -> None:
        """Go on with these tasks, some of which have ended."""
        self.begin(plan)
        for result in results:
            if row := self.rows.get(result.id):
                row.settle(result)

    def event(self, event: Mapping[str, Any]) -> Row | None:
        """Fold one event in; the row it is about, or None when it is about no task of the plan."""
        if event["event"] == "planned":
            self.written.append(event["task"])
        row = self.rows.get(event.get("id", -1))
        if row is not None:
            row.update(event)
        return row
