"""Asking a person before anything runs: when, and what follows from the answer."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

from langchain_core.messages import AIMessage
from langgraph.types import Command, interrupt

from graph import estimates
from graph.context import Context
from graph.decision import Outcome, Rules, decided, unchanged
from graph.planning.files import Files
from graph.planning.validation import validated
from graph.proposal import billed, effects, request
from graph.record import checkpointer
from graph.selector import fitting
from graph.state import Approval, Job, Plan, Result, State, Task
from tools.errors import PlanError
from tools.models.catalog import candidates, offered
from tools.tasks import TASKS

Turn = Command[Literal["respond", "plan", "select", "__end__"]]  # as execute may turn, which asks
_NOBODY = (
    "A person must be asked about {} first, and nobody can be in a run that keeps no conversation: "
    "declare what changes nothing outside read_only in tools.toml, or set approve_plan to never."
)


def due(level: Approval, tasks: Sequence[Task], jobs: Mapping[int, Job]) -> list[int]:
    """The ids of the tasks about which a person is to be asked; a fallback that may be billed counts."""
    if level in {"always", "never"}:
        return [task.id for task in tasks] if level == "always" else []
    return [task.id for task in tasks if effects(task) or (level == "cost" and billed(jobs.get(task.id)))]


async def ask(
    state: State,
    plan: Plan,
    jobs: Mapping[int, Job],
    kept: Mapping[int, Result],
    asked: Sequence[int],
    context: Context,
) -> Turn | None:
    """Interrupt the run until somebody decides; where to go instead of running, if not approved as it is.

    What is ``kept`` was done before the plan was made anew.
    """
    if checkpointer() is None:
        return _end(plan, kept, _NOBODY.format(", ".join(task.task for task in plan.tasks if task.id in asked)))
    await estimates.load(jobs.values())
    outcome = await _outcome(plan, jobs, asked, await _rules(state, context))
    if not outcome.approved:
        return _end(plan, kept, "The plan was rejected" + (f": {outcome.message}" if outcome.message else "."))
    if outcome.edited is None:
        return None
    wished = {str(id_): name for id_, name in outcome.wished.items()}
    still = [kept[id_] for id_ in sorted(unchanged(plan, jobs, outcome) & kept.keys())]
    edited = {"plan": outcome.edited, "approved": outcome.edited, "wished": wished, "results": still}
    return Command(goto="select", update=edited)


async def _rules(state: State, context: Context) -> Rules:
    types = await asyncio.to_thread(offered, context.mode)
    files = Files(state.get("given", []), state.get("resources", []))

    async def models(task: Task) -> list[str]:
        known = await asyncio.to_thread(candidates, TASKS[task.task], context.mode)
        return [candidate.model for candidate in fitting(task, known, state.get("request", ""))]

    return Rules(lambda tasks: validated(tasks, files, types), models)


async def _outcome(plan: Plan, jobs: Mapping[int, Job], asked: Sequence[int], rules: Rules) -> Outcome:
    """Ask, and ask again with the reason where the answer makes no sense or the edited plan cannot run."""
    complaint = ""
    while True:
        answer = interrupt(request(plan, jobs, asked, complaint))
        try:
            return await decided(answer, plan, jobs, rules)
        except PlanError as error:
            complaint = str(error)


def _end(plan: Plan, kept: Mapping[int, Result], reason: str) -> Turn:
    """Run nothing more; what had been done before the plan was made anew is answered from all the same."""
    results = [
        kept.get(task.id) or Result(id=task.id, task=task.task, status="cancelled", error=reason) for task in plan.tasks
    ]
    if any(task.id in kept for task in plan.tasks):
        return Command(goto="respond", update={"results": results, "approved": None})
    return Command(goto="__end__", update={"results": results, "messages": [AIMessage(f"Nothing was run. {reason}")]})
