"""How a backend tells how far it is, without knowing who listens."""

from collections.abc import Callable
from contextvars import ContextVar

listener: ContextVar[Callable[[int, int], None] | None] = ContextVar("listener", default=None)


def report(step: int, steps: int) -> None:
    """Say that ``step`` of ``steps`` is done. Safe from any thread that copied the caller's context."""
    listen = listener.get()
    if listen is not None:
        listen(step, steps)
