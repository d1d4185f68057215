"""What a person is shown who is to approve a plan, in the form of LangChain's agent-chat-ui and Studio.

One action stands for the whole plan, and so there is one decision (graph/approval.py). The interrupt's value:

    {"action_requests": [{"name": "run_plan", "description": ..., "args": {"tasks": [{task, id, dep, args, model}]}}],
     "review_configs": [{"action_name": "run_plan", "allowed_decisions": ["approve", "edit", "reject"]}],
     "jobs": [...], "estimate": {seconds, unknown, billed_calls}, "asked": [the ids of the tasks that made us ask]}
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.estimates import costs, expected, remaining
from graph.state import Job, Plan, Task
from tools.tasks import TASKS

ACTION = "run_plan"


def request(plan: Plan, jobs: Mapping[int, Job], asked: Sequence[int], complaint: str = "") -> dict[str, Any]:
    """What the person is shown: the plan, where every task would run, and what it may take."""
    cost = estimate(plan, jobs)
    about = "\n".join([complaint, *(_line(task, jobs.get(task.id)) for task in plan.tasks), _sentence(cost)])
    tasks = [{**task.model_dump(), "model": first_model(jobs.get(task.id))} for task in plan.tasks]
    return {
        "action_requests": [{"name": ACTION, "args": {"tasks": tasks}, "description": about.strip()}],
        "review_configs": [{"action_name": ACTION, "allowed_decisions": ["approve", "edit", "reject"]}],
        "jobs": [job.model_dump() for job in jobs.values()],
        "estimate": cost,
        "asked": [*asked],
    }


def estimate(plan: Plan, jobs: Mapping[int, Job]) -> dict[str, Any]:
    """``seconds`` of the longest path (tasks never seen count one), ``unknown`` tasks, and calls that may be billed."""
    known = [expected(jobs[task.id]) for task in plan.tasks if task.id in jobs]
    paid = [job for job in jobs.values() if job.choices and costs(job.choices[0])]
    return {
        "seconds": round(max(remaining(plan, jobs).values(), default=0), 1),
        "unknown": known.count(None),
        "billed_calls": len(paid),
    }


def effects(task: Task) -> bool:
    """Whether the task may change something outside."""
    row = TASKS.get(task.task)
    return row is not None and row.effects


def billed(job: Job | None) -> bool:
    """Whether a model that the task may come to run on, as a fallback too, may cost money."""
    return job is not None and any(map(costs, job.choices))


def first_model(job: Job | None) -> str | None:
    """The model that was chosen."""
    return job.choices[0].model if job and job.choices else None


def _line(task: Task, job: Job | None) -> str:
    where = f"{job.choices[0].model} ({job.choices[0].backend})" if job and job.choices else "no model"
    after = f", after {', '.join(map(str, task.dep))}" if task.dep else ""
    return f"{task.id}. {task.task} with {where}{after}{'; it may change something outside' if effects(task) else ''}"


def _sentence(cost: Mapping[str, Any]) -> str:
    guess = f"; {cost['unknown']} of them never ran here" if cost["unknown"] else ""
    paid = f"{cost['billed_calls']} calls may be billed" if cost["billed_calls"] else "nothing is billed"
    return f"About {cost['seconds']:g} s{guess}; {paid}."
