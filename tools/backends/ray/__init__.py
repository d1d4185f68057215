"""Models on a Ray cluster: what the local backend does, on as many machines as there are (``HUGGINGGPT_RAY``)."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tools.backends.local import check_language
from tools.backends.local.discovery import TOO_LARGE, Survey, parts_of
from tools.errors import HuggingGPTError, OutOfMemory
from tools.install import command
from tools.protocol import BackendName, Call, Candidate, Output
from tools.settings import process_settings
from tools.tasks import TaskType

if TYPE_CHECKING:
    from tools.backends.ray.cluster import Cluster

_TOKEN, _TOKEN_FILE = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"), Path.home() / ".ray" / "auth_token"


class Ray:
    """Runs what the local backend runs, on the cluster: as many models and calls at once as its nodes have room for."""

    name: BackendName = "ray"

    def __init__(self) -> None:
        self._joined: dict[str, Cluster] = {}

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        """The local backend's candidates."""
        return [candidate for candidate, reason in self.explain(task) if reason is None]

    def explain(self, task: TaskType) -> Sequence[tuple[Candidate, str | None]]:
        """Those that the local backend knows; only the cluster knows which are too large for it."""
        rows = self._survey.rows(task.name) if process_settings().ray and installed() else []
        here = {"backend": self.name, "device": self.name}
        reasons = (None if row.reason == TOO_LARGE else row.reason for row in rows)
        return [(row.candidate.model_copy(update=here), reason) for row, reason in zip(rows, reasons, strict=True)]

    def missing(self, task: TaskType) -> str:
        """What to install, where a cluster was named."""
        if not process_settings().ray or self.candidates(task):
            return ""
        if not installed():
            return f"HUGGINGGPT_RAY is set: install what it needs with {command('ray')}."
        return f"No model for {task.name} is known here, and the Hub is out of reach: name one in models.toml."

    async def run(self, call: Call) -> Output:
        """Run the model on a replica of its size, on the next larger one where it has no room after all.

        Raises ModelError or InputError.
        """
        check_language(call.candidate, call.inputs)
        cluster, parts = await self.cluster(), parts_of(call.task.name, call.candidate.model)
        weights, least = await cluster.weigh(call.candidate, parts), 0
        while True:
            size = await cluster.size(call.candidate.model, weights, least)
            try:
                return await cluster.run(size, call, parts)
            except OutOfMemory:
                least = size.gibibytes + 1

    async def warm(self, candidate: Candidate) -> None:
        """Load a candidate ahead of its call; never raises."""
        cluster, parts = await self.cluster(), parts_of(candidate.task, candidate.model)
        with suppress(HuggingGPTError):
            size = await cluster.size(candidate.model, await cluster.weigh(candidate, parts))
            await cluster.warm(size, candidate, parts)

    async def cluster(self) -> "Cluster":
        """The cluster, joined when it is first wanted, off the event loop. Raises ModelUnavailable."""
        address = process_settings().ray or "auto"
        if address not in self._joined:
            self._joined[address] = await asyncio.to_thread(joined)
        return self._joined[address]

    @cached_property
    def _survey(self) -> Survey:
        return Survey()


@cache
def installed() -> bool:
    """Whether the packages of the extra ``ray`` are here; imports nothing."""
    return find_spec("ray") is not None


def joined() -> "Cluster":
    """The cluster that the setting names. Blocks, the first time for seconds. Raises ModelUnavailable."""
    _prepare()
    from tools.backends.ray.cluster import join

    return join(process_settings().ray or "auto")


def _prepare() -> None:
    """Tell Ray, which reads it when it is imported, to phone nobody and to use the cluster's token, if there is one."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if any(name in os.environ for name in _TOKEN) or _TOKEN_FILE.is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")
