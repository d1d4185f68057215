"""Task types that the owner added, each run where it lives."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from tools import extras
from tools.backends.base import BackendName, Call, Candidate, Output
from tools.errors import ModelUnavailable
from tools.extras.entry import Entry
from tools.settings import settings
from tools.tasks import TaskType


class Extra:
    """One candidate for each added task type: the function, tool or app itself."""

    name: BackendName = "extra"

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        """The one way to run an added task type; none for all others."""
        entry = extras.entries().get(task.name)
        return [_candidate(entry)] if entry else []

    def missing(self, _task: TaskType) -> str:
        """Nothing: an added task type is always there, and no other can be done here."""
        return ""

    async def run(self, call: Call) -> Output:
        """Run it once, within the time that a remote model may take. Raises ModelError, InputError or ConfigError."""
        entry = extras.entries().get(call.task.name)
        if entry is None:
            raise ModelUnavailable(f"{call.task.name} was removed; `hugginggpt tools list` shows what there is.")
        source = await asyncio.to_thread(extras.source_of, entry.kind)
        async with extras.bounded(entry.name, settings().endpoint_timeout):
            return await source.run(entry, call.inputs)


def _candidate(entry: Entry) -> Candidate:
    host = urlsplit(entry.source).netloc
    return Candidate(
        model=f"{entry.source.rstrip('/')} {entry.tool}" if entry.kind != "function" else entry.source,
        task=entry.name,
        backend="extra",
        description=entry.purpose,
        licence=entry.licence,
        device=host or (entry.source if entry.kind == "gradio" else "cpu"),
    )
