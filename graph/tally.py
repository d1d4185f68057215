"""How many tasks of this process have ended, and how: numbers alone, for whoever watches over it."""

from collections import Counter

ENDS = {"finished", "failed", "skipped"}
ended: Counter[tuple[str, str]] = Counter()  # by task type and how it ended
seconds: Counter[str] = Counter()  # that finished tasks took, by task type


def note(event: str, task: str, took: float | None) -> None:
    """Count an event, if a task has ended with it."""
    if event in ENDS:
        ended[task, event] += 1
        seconds[task] += took or 0  # type: ignore[assignment]  # typeshed has counters count in whole numbers
