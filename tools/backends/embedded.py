"""Experts that live in ordinary wheels: no model hub, no GPU, no key."""

import asyncio
import importlib.util
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pkgutil import resolve_name

from tools.errors import ModelUnavailable
from tools.install import command
from tools.occupied import occupy
from tools.protocol import BackendName, Call, Candidate, Output
from tools.tasks import TaskType


@dataclass(frozen=True)
class Expert:
    """One row. ``entry`` is ``module:function``; the function takes the task's slots by name.

    ``package`` is the distribution it needs, imported as ``module`` and installed by the extra ``extra``.
    None means that it is all ours.
    """

    task: str
    model: str
    entry: str
    description: str
    licence: str
    package: str | None = None
    module: str = ""
    languages: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    extra: str = "embedded"

    @cached_property
    def installed(self) -> bool:
        """Whether its package can be imported. Looked up once; nothing heavy is loaded."""
        return self.package is None or importlib.util.find_spec(self.module or self.package) is not None

    @cached_property
    def version(self) -> str:
        """The version of the package that holds it; of our own, one to raise whenever its results change."""
        return version(self.package) if self.package else "1"


class Embedded:
    """Runs each expert in a thread of its own: one call at a time, as most of them are not thread-safe."""

    name: BackendName = "embedded"

    def __init__(self, experts: Sequence[Expert]) -> None:
        self._all = experts
        self._rows = [(expert, _candidate(expert)) for expert in experts if expert.installed]
        models = {expert.model for expert, _ in self._rows}
        self._threads = {model: ThreadPoolExecutor(1, thread_name_prefix=model) for model in models}

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        """The experts for the task whose packages are installed."""
        return [candidate for expert, candidate in self._rows if expert.task == task.name]

    def missing(self, task: TaskType) -> str:
        """What to install for the task's experts, or that there is none."""
        rows = [expert for expert in self._all if expert.task == task.name]
        absent = {expert.extra for expert in rows if not expert.installed}
        if absent:
            return f"Install the built-in expert for {task.name}: {command(*absent)}."
        return "" if rows else f"No built-in expert does {task.name}; it needs a local model or an endpoint."

    async def run(self, call: Call) -> Output:
        """Run one expert in its thread. Raises ModelUnavailable, or what the expert raises."""
        wanted = (call.task.name, call.candidate.model)
        expert = next((expert for expert, _ in self._rows if (expert.task, expert.model) == wanted), None)
        if expert is None:
            raise ModelUnavailable(f"{call.candidate.model} is not a built-in expert for {call.task.name}.")
        running = self._threads[expert.model].submit(copy_context().run, _run, expert, call)
        return await asyncio.wrap_future(occupy(running))


def _run(expert: Expert, call: Call) -> Output:
    output: Output = resolve_name(expert.entry)(**call.inputs)
    return output


def _candidate(expert: Expert) -> Candidate:
    return Candidate(
        model=expert.model,
        task=expert.task,
        backend="embedded",
        revision=expert.version,
        description=expert.description,
        licence=expert.licence,
        languages=expert.languages,
        aspects=expert.aspects,
    )
