"""The steps of a request in words, as a message of the chat shows them while it runs."""

from collections.abc import Mapping
from typing import Any

from app.page.bubbles import without_links
from app.page.live import Live
from app.page.words import Say
from app.progress import Row
from tools.tasks import TASKS

MARKS = {"waiting": "○", "queued": "○", "running": "◑", "done": "✓", "failed": "✗", "skipped": "-", "cancelled": "■"}


def spoken(live: Live, say: Say) -> list[dict[str, Any]]:
    """What a running request says: its steps, and below them its answer as far as it has come."""
    rows = live.progress.rows
    ended = sum(row.ended is not None for row in rows.values())
    title = (
        say("Step {step} of {steps}", step=min(ended + 1, len(rows)), steps=len(rows)) if rows else _words(live, say)
    )
    doing = {"role": "assistant", "content": steps(rows, say) or " ", "metadata": {"title": title, "status": "pending"}}
    return [doing, *([{"role": "assistant", "content": without_links(live.answer)}] if live.answer else [])]


def _words(live: Live, say: Say) -> str:
    """What is done before there are steps."""
    written = live.progress.written
    return say("Planning: {tasks}", tasks=", ".join(written)) if written else say("Planning …")


def steps(rows: Mapping[int, Row], say: Say) -> str:
    """One line a step: its state, what it does, on which model, and how long."""
    return "\n".join(f"- {_line(row, say)}" for row in rows.values())


def _line(row: Row, say: Say) -> str:
    type_ = TASKS.get(row.task.task)
    name = say(type_.title if type_ else "") or row.task.task
    step = say("{step} of {steps}", step=row.step[0], steps=row.step[1]) if row.step else ""
    seconds = f"{row.seconds:.1f} s" if row.seconds is not None and row.ended else ""
    note = without_links(row.note[:120]) if row.status in {"failed", "skipped"} else ""
    parts = [f"{MARKS.get(row.status, '○')} **{name}**", without_links(row.model), step, seconds, note]
    return " · ".join(filter(None, parts))
