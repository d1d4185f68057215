"""Models in this process, on transformers and diffusers. Nothing heavy is imported before a model is wanted."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tools.backends.local.discovery import Survey, parts_of
from tools.backends.local.placement import installed
from tools.errors import ModelUnavailable
from tools.languages import code
from tools.protocol import BackendName, Call, Candidate, Output
from tools.settings import process_settings
from tools.tasks import TaskType

if TYPE_CHECKING:
    from tools.backends.local.engine import Engine
    from tools.backends.local.pool import LoadedModel


class Local:
    """Runs any model that transformers or diffusers knows, from the Hub, its cache or a folder."""

    name: BackendName = "local"

    def __init__(self, engine: "Engine | None" = None) -> None:
        self._engine = engine
        self._survey = Survey() if installed() else None

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        """What the user prefers, then what is on this disk, then what can be downloaded while the Hub is in reach."""
        return [candidate for candidate, reason in self.explain(task) if reason is None]

    def explain(self, task: TaskType) -> Sequence[tuple[Candidate, str | None]]:
        """Every model known for the task, with the reason why it cannot be used here, or None."""
        elsewhere = process_settings().ray  # all models run on the cluster
        rows = self._survey.rows(task.name) if self._survey and not elsewhere else []
        return [(row.candidate, row.reason) for row in rows]

    def missing(self, task: TaskType) -> str:
        """What to install, or where a model for the task could come from; nothing where all run on a cluster."""
        if process_settings().ray:
            return ""
        if not installed():
            return "Install the extra 'local' to run models on this machine."
        return f"No model for {task.name} is on this machine, and the Hub is out of reach: name one in models.toml."

    async def run(self, call: Call) -> Output:
        """Run the model, loaded first where it is not yet. Raises ModelError or InputError."""
        check_language(call.candidate, call.inputs)
        return await (await self.engine()).run(call, parts_of(call.task.name, call.candidate.model))

    async def warm(self, candidate: Candidate) -> None:
        """Load a candidate ahead of its call, never at the cost of another loaded model; never raises."""
        await (await self.engine()).warm(candidate, parts_of(candidate.task, candidate.model))

    def forget(self, model: str | None = None) -> int:
        """Free the memory of that model, or of all, unless in use; returns how many were freed."""
        return self._engine.pool.forget(model) if self._engine else 0

    def loaded(self) -> "Sequence[LoadedModel]":
        """The models in memory, the most recently used first."""
        return self._engine.pool.loaded() if self._engine else []

    async def engine(self) -> "Engine":
        """What runs the models, made when it is first wanted, off the event loop for its imports."""
        if self._engine is None:
            made = await asyncio.to_thread(_make_engine)
            self._engine = self._engine or made
        return self._engine


def check_language(candidate: Candidate, inputs: Mapping[str, Any]) -> None:
    """Refuse a language that the model does not know, so that another model is tried. Raises ModelUnavailable."""
    wanted, known = code(str(inputs.get("language") or "")), candidate.languages
    if wanted and known and wanted not in known:
        raise ModelUnavailable(f"{candidate.model} knows only {', '.join(known)}: choose another model.")


def _make_engine() -> "Engine":
    from tools.backends.local.engine import Engine

    return Engine()
