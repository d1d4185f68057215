"""Task types that the owner added, each run where it lives."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from tools import extras
from tools.errors import ModelUnavailable
from tools.extras import sources
from tools.extras.entry import Entry
from tools.protocol import BackendName, Call, Candidate, Output
from tools.tasks import TaskType


class Extra:
    """One candidate for each added task type: the function, tool or app itself."""

    name: BackendName = "extra"

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        """The one way to run an added task type, unless a variable that opens it is not set; none for all others."""
        return [candidate for candidate, reason in self.explain(task) if reason is None]

    def explain(self, task: TaskType) -> Sequence[tuple[Candidate, str | None]]:
        """The way to run an added task type, and what it lacks."""
        entry = extras.entries().get(task.name)
        return [(_candidate(entry), entry.unusable or entry.lacks)] if entry else []

    def missing(self, task: TaskType) -> str:
        """Which variable is to be set; nothing where all is there, or where no added task type is meant."""
        entry = extras.entries().get(task.name)
        return f"{task.name} cannot be opened: {entry.lacks}." if entry and entry.lacks else ""

    async def run(self, call: Call) -> Output:
        """Run it once, within the time that a remote model may take. Raises ModelError, InputError or ConfigError."""
        entry = extras.entries().get(call.task.name)
        if entry is None:
            raise ModelUnavailable(f"{call.task.name} was removed; `hugginggpt tools list` shows what there is.")
        return await sources.call(entry, call.inputs)


def _candidate(entry: Entry) -> Candidate:
    host = urlsplit(entry.source).netloc
    return Candidate(
        model=f"{entry.shown} {entry.tool}" if entry.kind != "function" else entry.source,
        task=entry.name,
        backend="extra",
        description=entry.purpose,
        licence=entry.licence,
        device=host or (entry.source if entry.kind == "gradio" else "cpu"),
    )
