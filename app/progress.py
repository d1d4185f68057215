"""The state of every task while a request runs, folded from the events of graph/events.py."""

import time
from dataclasses import dataclass, field
from typing import Any

from graph.state import Plan, Task


@dataclass
class Row:
    """One task while it runs; ``started`` and ``ended`` are seconds of this process's monotonic clock."""

    task: Task
    status: str = "waiting"
    model: str = ""
    note: str = ""
    started: float | None = None
    ended: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long it has been running, or ran."""
        return None if self.started is None else (self.ended or time.monotonic()) - self.started


@dataclass
class Progress:
    """Rows by task id, in the order of the plan."""

    rows: dict[int, Row] = field(default_factory=dict)

    def plan(self, plan: Plan) -> None:
        """Start anew with these tasks."""
        self.rows = {task.id: Row(task) for task in plan.tasks}

    def event(self, event: dict[str, Any]) -> Row | None:
        """Fold one event in; the row it is about, or None when it is about no task of the plan."""
        row = self.rows.get(event.get("id", -1))
        if row is None:
            return None
        row.model = event.get("model") or row.model
        row.note = event.get("error") or ""
        match event["event"]:
            case "started":
                row.status, row.started = "running", row.started or time.monotonic()
            case "step":
                row.note = f"step {event['step']} of {event['steps']}"
            case "done" | "failed" | "skipped" | "cancelled" as status:
                row.status, row.ended = status, time.monotonic()
        return row
