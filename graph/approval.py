"""Asking a person before anything runs, in the form that LangChain's agent-chat-ui and Studio show."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from langgraph.types import interrupt
from pydantic import BaseModel, ValidationError, field_validator

from graph.estimates import BILLED, expected, remaining
from graph.planning.validation import Checked, question
from graph.state import Job, Plan, Task
from tools.errors import PlanError

ACTION = "run_plan"


class Tasks(BaseModel):
    """An edited plan; agent-chat-ui sends a list as the JSON text that a person edited."""

    tasks: list[Task]

    @field_validator("tasks", mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return json.loads(value) if isinstance(value, str) else value


class Edit(BaseModel):
    """The edited action; its name does not matter, as there is only one."""

    args: Tasks


class Decision(BaseModel):
    """What a person decided about the plan."""

    type: Literal["approve", "edit", "reject"]
    edited_action: Edit | None = None
    message: str | None = None


class Decisions(BaseModel):
    """What an approval form sends back: one decision, as there is one action."""

    decisions: list[Decision]


def ask(plan: Plan, jobs: Mapping[int, Job], check: Callable[[list[Task]], Checked]) -> tuple[Decision, Plan]:
    """Interrupt the run until somebody decides; the decision, and the plan as it may have been edited.

    An answer that makes no sense, or an edited plan that cannot run, is asked for again, with the reason.
    """
    complaint = ""
    while True:
        answer = interrupt(request(plan, jobs, complaint))
        try:
            decision = _read(answer)
            return decision, _edited(decision, check) if decision.type == "edit" else plan
        except PlanError as error:
            complaint = str(error)
        except ValidationError as error:
            complaint = " ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}." for each in error.errors())


def request(plan: Plan, jobs: Mapping[int, Job], complaint: str = "") -> dict[str, Any]:
    """What the person is shown: the plan, where every task would run, and what it may take."""
    cost = estimate(plan, jobs)
    about = "\n".join([complaint, *(_line(task, jobs.get(task.id)) for task in plan.tasks), _sentence(cost)])
    tasks = [task.model_dump() for task in plan.tasks]
    return {
        "action_requests": [{"name": ACTION, "args": {"tasks": tasks}, "description": about.strip()}],
        "review_configs": [{"action_name": ACTION, "allowed_decisions": ["approve", "edit", "reject"]}],
        "jobs": [job.model_dump() for job in jobs.values()],
        "estimate": cost,
    }


def estimate(plan: Plan, jobs: Mapping[int, Job]) -> dict[str, Any]:
    """``seconds`` of the longest path (tasks never seen count one), ``unknown`` tasks, and calls that may be billed."""
    known = [expected(jobs[task.id]) for task in plan.tasks if task.id in jobs]
    billed = [job for job in jobs.values() if job.choices and job.choices[0].backend in BILLED]
    return {
        "seconds": round(max(remaining(plan, jobs).values(), default=0), 1),
        "unknown": known.count(None),
        "billed_calls": len(billed),
    }


def _read(answer: object) -> Decision:
    decisions = Decisions.model_validate(answer).decisions
    if len(decisions) != 1:
        raise PlanError("Send exactly one decision: approve, edit or reject.")
    return decisions[0]


def _edited(decision: Decision, check: Callable[[list[Task]], Checked]) -> Plan:
    """The edited plan, checked and mended like any other."""
    checked = check(decision.edited_action.args.tasks if decision.edited_action else [])
    problems = checked.problems or ([question(*checked.missing)] if checked.missing else [])
    if problems or not checked.tasks:
        raise PlanError(" ".join(problems) or "The edited plan has no task.")
    return Plan(tasks=checked.tasks, notes=checked.notes)


def _line(task: Task, job: Job | None) -> str:
    where = f"{job.choices[0].model} ({job.choices[0].backend})" if job and job.choices else "no model"
    after = f", after {', '.join(map(str, task.dep))}" if task.dep else ""
    return f"{task.id}. {task.task} with {where}{after}"


def _sentence(cost: Mapping[str, Any]) -> str:
    guess = f"; {cost['unknown']} of them never ran here" if cost["unknown"] else ""
    paid = f"{cost['billed_calls']} calls may be billed" if cost["billed_calls"] else "nothing is billed"
    return f"About {cost['seconds']:g} s{guess}; {paid}."
