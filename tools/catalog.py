"""Which models can do a task here and now, best first."""

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


def offered(mode: Mode = "auto") -> dict[str, TaskType]:
    """The task types that can run right now: what planners may use, exactly."""
    return {name: task for name, task in TASKS.items() if candidates(task, mode)}
