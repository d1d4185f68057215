"""Which models can do a task here and now, best first."""

from collections.abc import Mapping, Sequence
from typing import Any

from tools.models import specialities
from tools.protocol import Backend, Candidate, Explains, Mode
from tools.registry import BACKENDS, ORDER
from tools.settings import settings
from tools.tasks import TASKS, TaskType


def candidates(task: TaskType, mode: Mode = "auto") -> list[Candidate]:
    """Every model that could run the task now, in the order of the mode's backends and each backend's ranking.

    Of each backend, models that are good for one thing alone come last.
    """
    ranked = [candidate for backend in _backends(mode) for candidate in sorted(backend.candidates(task), key=_special)]
    return [candidate for candidate in ranked if unlicensed(candidate) is None]


def fitness(candidate: Candidate, request: str) -> int:
    """By which candidates are ranked for a request: 0 for a specialist of what it names, 1 for any other."""
    return min(1, specialities.rank(candidate.task, candidate.aspects, request))


def _special(candidate: Candidate) -> int:
    return specialities.rank(candidate.task, candidate.aspects, "")


def explain(task: TaskType, mode: Mode = "auto") -> list[tuple[Candidate, str | None]]:
    """Every model known for the task, those that can run first, each with the reason why it cannot, or None."""
    rows = [row for backend in _backends(mode) for row in _explained(backend, task)]
    return sorted(
        ((candidate, reason or unlicensed(candidate)) for candidate, reason in rows), key=lambda row: row[1] is not None
    )


def unlicensed(candidate: Candidate) -> str | None:
    """Why the owner's list of licences forbids the model, or None. What the owner chose by name is free."""
    allowed = settings().licences
    names = {name.casefold() for name in allowed}
    if not allowed or candidate.backend in {"llm", "extra"} or (candidate.licence or "").casefold() in names:
        return None
    return f"its licence ({candidate.licence or 'unknown'}) is not among those allowed: {', '.join(allowed)}"


def _backends(mode: Mode) -> list[Backend]:
    return [BACKENDS[name] for name in ORDER[mode] if name in BACKENDS]


def _explained(backend: Backend, task: TaskType) -> Sequence[tuple[Candidate, str | None]]:
    if isinstance(backend, Explains):
        return backend.explain(task)
    return [(candidate, None) for candidate in backend.candidates(task)]


def suits(candidate: Candidate, args: Mapping[str, Any]) -> bool:
    """Whether a candidate does what the arguments ask for: a classifier of that aspect. Unknown aspects suit any."""
    aspect = args.get("aspect")
    return not aspect or not candidate.aspects or any(name in str(aspect).lower() for name in candidate.aspects)


def offered(mode: Mode = "auto") -> dict[str, TaskType]:
    """The task types that can run right now: what planners may use, exactly."""
    return {name: task for name, task in TASKS.items() if candidates(task, mode)}
