"""Experts that live in ordinary wheels: no model hub, no GPU, no key."""

import asyncio
import importlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from tools.backends.base import BackendName, Call, Candidate, Output
from tools.errors import ModelUnavailable
from tools.experts import EXPERTS, Expert
from tools.tasks import TaskType


class Embedded:
    """Runs each expert in a thread of its own: one call at a time, as most of them are not thread-safe."""

    name: BackendName = "embedded"

    def __init__(self, experts: Sequence[Expert] = EXPERTS) -> None:
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
            return f"Install the built-in expert for {task.name}: pip install '.[{','.join(sorted(absent))}]'."
        return "" if rows else f"No built-in expert does {task.name}; it needs a local model or an endpoint."

    async def run(self, call: Call) -> Output:
        """Run one expert in its thread. Raises ModelUnavailable, or what the expert raises."""
        wanted = (call.task.name, call.candidate.model)
        expert = next((expert for expert, _ in self._rows if (expert.task, expert.model) == wanted), None)
        if expert is None:
            raise ModelUnavailable(f"{call.candidate.model} is not a built-in expert for {call.task.name}.")
        loop, thread = asyncio.get_running_loop(), self._threads[expert.model]
        return await loop.run_in_executor(thread, copy_context().run, _run, expert, call)


def _run(expert: Expert, call: Call) -> Output:
    module, _, function = expert.entry.partition(":")
    output: Output = getattr(importlib.import_module(f"tools.experts.{module}"), function)(**call.inputs)
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
