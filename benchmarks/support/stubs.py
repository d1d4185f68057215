"""Designed stand-ins: a backend whose models are plain functions."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from tools.errors import ModelUnavailable
from tools.protocol import BackendName, Call, Candidate, Output
from tools.tasks import TaskType

Model = Callable[[Call], Awaitable[Output]]


class StubBackend:
    """Every model can do every task, and occupies the device ``device``; the first one is the best."""

    name: BackendName = "embedded"

    def __init__(self, models: Mapping[str, Model], device: str = "stub") -> None:
        self.models, self.device = models, device

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        """All models, in the order in which they were given."""
        return [
            Candidate(model=model, task=task.name, backend=self.name, revision="1", device=self.device)
            for model in self.models
        ]

    def missing(self, task: TaskType) -> str:
        """Nothing is."""
        return f"{task.name} needs no installation."

    async def run(self, call: Call) -> Output:
        """Call the model's function."""
        model = self.models.get(call.candidate.model)
        if model is None:
            raise ModelUnavailable(f"{call.candidate.model} is not a stub.")
        return await model(call)
