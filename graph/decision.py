"""What a person decided about a plan, and whether it can be done.

The interrupt of graph/proposal.py is resumed with ``{"decisions": [{"type": "approve"}]}``, with ``{"type": "reject",
"message": ...}``, or with ``{"type": "edit", "edited_action": {"name": "run_plan", "args": {"tasks": [...]}}}``: any of
the tasks changed, left out or added, each with the ``model`` that it is to run on, or none.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ValidationError, field_validator

from graph.planning.validation import Checked, question
from graph.proposal import first_model
from graph.state import Job, Plan, Task
from tools.errors import PlanError


class Proposed(Task):
    """A task as a person is shown it, and may change it: with the model on which it is to run."""

    model: str | None = None


class Tasks(BaseModel):
    """An edited plan; agent-chat-ui sends a list as the JSON text that a person edited."""

    tasks: list[Proposed]

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


@dataclass(frozen=True)
class Outcome:
    """What came of asking: whether to run, and the plan and the models (by task id) where they were edited."""

    approved: bool
    edited: Plan | None = None
    wished: Mapping[int, str] = field(default_factory=dict)
    message: str | None = None


@dataclass(frozen=True)
class Rules:
    """What an edited plan is held to: ``check`` mends or refuses it, ``models`` names those that can do a task."""

    check: Callable[[Sequence[Task]], Checked]
    models: Callable[[Task], Awaitable[Collection[str]]]


async def decided(answer: object, plan: Plan, jobs: Mapping[int, Job], rules: Rules) -> Outcome:
    """What an answer means.

    Raises:
        PlanError: it makes no sense, or the edited plan cannot run; the message says why.
    """
    try:
        decisions = Decisions.model_validate(answer).decisions
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}." for detail in error.errors())
        raise PlanError(" ".join(wrong)) from error
    if len(decisions) != 1:
        raise PlanError("Send exactly one decision: approve, edit or reject.")
    if decisions[0].type == "edit":
        return await _edited(decisions[0], plan, jobs, rules)
    return Outcome(decisions[0].type == "approve", message=decisions[0].message)


def unchanged(plan: Plan, jobs: Mapping[int, Job], outcome: Outcome) -> set[int]:
    """The tasks that are as they were before the edit, with their models and all that they depend on."""
    before, same = {task.id: task for task in plan.tasks}, set[int]()
    for task in outcome.edited.tasks if outcome.edited else plan.tasks:
        model = outcome.wished.get(task.id, first_model(jobs.get(task.id)))
        if task == before.get(task.id) and model == first_model(jobs.get(task.id)) and same.issuperset(task.dep):
            same.add(task.id)
    return same


async def _edited(decision: Decision, plan: Plan, jobs: Mapping[int, Job], rules: Rules) -> Outcome:
    """The edited plan, checked and mended like any other; one that is as it was is approved."""
    proposed = decision.edited_action.args.tasks if decision.edited_action else []
    checked = rules.check(proposed)
    problems = checked.problems or ([question(*checked.missing)] if checked.missing else [])
    if problems or not checked.tasks:
        raise PlanError(" ".join(problems) or "The edited plan has no task.")
    wished = _wished(proposed, plan, jobs)
    for task in checked.tasks:
        if task.id in wished and wished[task.id] not in (able := await rules.models(task)):
            known = ", ".join(able) or "nothing"
            raise PlanError(f"{wished[task.id]} cannot do task {task.id} ({task.task}) here; {known} can.")
    if checked.tasks == plan.tasks and all(name == first_model(jobs.get(id_)) for id_, name in wished.items()):
        return Outcome(approved=True)
    return Outcome(approved=True, edited=Plan(tasks=checked.tasks, notes=[*plan.notes, *checked.notes]), wished=wished)


def _wished(proposed: Sequence[Proposed], plan: Plan, jobs: Mapping[int, Job]) -> dict[int, str]:
    """The models that the person saw or wrote; one that only remained beside another task type is none."""
    types = {task.id: task.task for task in plan.tasks}
    return {
        task.id: task.model
        for task in proposed
        if task.model and (types.get(task.id) == task.task or task.model != first_model(jobs.get(task.id)))
    }
