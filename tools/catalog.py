"""Which models can do a task here and now, best first."""

from collections.abc import Mapping
from typing import Any

from tools.backends import BACKENDS
from tools.backends.base import BackendName, Candidate, Mode
from tools.tasks import TASKS, TaskType

ORDER: dict[Mode, tuple[BackendName, ...]] = {
    "auto": ("local", "endpoint", "llm", "embedded"),
    "local": ("local", "embedded"),
    "endpoint": ("endpoint", "llm"),
    "hybrid": ("local", "endpoint", "llm", "embedded"),
}


def candidates(task: TaskType, mode: Mode = "auto") -> list[Candidate]:
    """Every model that could run the task now, in the order of the mode's backends and each backend's ranking."""
    return [candidate for name in ORDER[mode] if name in BACKENDS for candidate in BACKENDS[name].candidates(task)]


def suits(candidate: Candidate, args: Mapping[str, Any]) -> bool:
    """Whether a candidate does what the arguments ask for: a classifier of that aspect. Unknown aspects suit any."""
    aspect = args.get("aspect")
    return not aspect or not candidate.aspects or any(name in str(aspect).lower() for name in candidate.aspects)


def offered(mode: Mode = "auto") -> dict[str, TaskType]:
    """The task types that can run right now: what planners may use, exactly."""
    return {name: task for name, task in TASKS.items() if candidates(task, mode)}
