"""How long models took before: what runs first when devices are scarce, and what a plan will cost."""

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping

from graph.cache import store
from graph.state import Choice, Job, Plan, Result
from tools.backends.endpoint import ROUTER

_NEWEST = 0.3  # weight of the newest duration in the running mean
_YEAR = 365 * 24 * 3600
_seconds: dict[str, float] = {}
_asked: set[str] = set()  # names that were looked up once


def costs(choice: Choice) -> bool:
    """Whether somebody may charge for calls of the model: not one's own endpoints, nor what runs here."""
    return choice.backend == "llm" or (choice.backend == "endpoint" and choice.device == ROUTER)


def expected(job: Job) -> float | None:
    """How long the job's first model takes for such a task, in seconds; None if it never ran here."""
    return _seconds.get(_name(job.task, job.choices[0].model)) if job.choices else None


def remaining(plan: Plan, jobs: Mapping[int, Job]) -> dict[int, float]:
    """For every task the time from its start to the end of the plan, in seconds; a task never seen counts as one."""
    length = {task.id: _or_one(jobs.get(task.id)) for task in plan.tasks}
    alone = dict(length)
    for task in reversed(plan.tasks):
        for needed in task.dep:
            if needed in length:
                length[needed] = max(length[needed], alone[needed] + length[task.id])
    return length


def observe(results: Iterable[Result]) -> dict[str, float]:
    """Learn from what ran; the means that changed, by name."""
    changed = {}
    for result in results:
        if result.choice and not result.cached and result.started and result.ended:
            name, took = _name(result.task, result.choice.model), result.ended - result.started
            changed[name] = _seconds[name] = took + (1 - _NEWEST) * (_seconds.get(name, took) - took)
    return changed


async def load(jobs: Iterable[Job]) -> None:
    """Read, once, what earlier processes learned about the models of these jobs, before it is added to."""
    names = {_name(job.task, choice.model) for job in jobs for choice in job.choices} - _asked
    _asked.update(names)
    if names:
        await asyncio.to_thread(_load, names)


async def save(changed: Mapping[str, float]) -> None:
    """Keep means for later processes."""
    await asyncio.to_thread(_save, changed)


def _or_one(job: Job | None) -> float:
    return (expected(job) if job else None) or 1.0


def _name(task: str, model: str) -> str:
    return f"{task} {model}"


def _load(names: Iterable[str]) -> None:
    try:
        records = store().get([(("seconds",), name) for name in names])
    except (OSError, sqlite3.Error):
        return  # nothing is known, then
    for (_, name), entry in records.items():
        _seconds.setdefault(name, entry["seconds"])


def _save(changed: Mapping[str, float]) -> None:
    try:
        store().set({(("seconds",), name): ({"seconds": seconds}, _YEAR) for name, seconds in changed.items()})
    except (OSError, sqlite3.Error):
        return  # the next process learns it again
