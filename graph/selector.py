"""Stage 2: a model for every task."""

from typing import Any

from langgraph.runtime import Runtime

from graph.context import Context, controller, options
from graph.state import Choice, Job, State, Task
from tools.backends.base import Candidate
from tools.catalog import candidates, suits
from tools.tasks import TASKS


async def select(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Choose a model and its fallbacks for every task of the plan."""
    context = options(runtime)
    await controller(context)
    plan = state.get("plan")
    tasks = plan.tasks if plan else []
    return {"jobs": [_job(task, fitting(task, candidates(TASKS[task.task], context.mode))) for task in tasks]}


def fitting(task: Task, found: list[Candidate]) -> list[Candidate]:
    """The candidates that suit what the task asks for: its aspect and its language, where a candidate tells."""
    suited = [candidate for candidate in found if suits(candidate, task.args)]
    language = str(task.args.get("language", "")).strip().lower()
    speaking = [each for each in suited if not language or not each.languages or language in each.languages]
    return speaking or suited or found


def _job(task: Task, found: list[Candidate]) -> Job:
    return Job(id=task.id, task=task.task, choices=[_choice(candidate) for candidate in found])


def _choice(candidate: Candidate, reason: str = "") -> Choice:
    if not reason:
        count = candidate.downloads
        reason = f"first by downloads ({count:,})" if count else f"the first that runs here ({candidate.backend})"
    return Choice(reason=reason, **candidate.model_dump(include={"model", "backend", "revision", "device"}))
