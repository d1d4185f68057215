"""Stage 3: run the tasks, each as soon as its own dependencies are done."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Literal

from langgraph.func import task as langgraph_task
from langgraph.runtime import Runtime
from langgraph.types import Command

from graph.binding import bind
from graph.context import Context, options
from graph.events import Clock, Reporter
from graph.policy import Attempts
from graph.schedule import remaining
from graph.state import Job, Plan, Result, State, Task
from tools.errors import BadOutput


async def execute(state: State, runtime: Runtime[Context]) -> Command[Literal["respond", "plan", "select", "__end__"]]:
    """Run the plan and collect one result for every task."""
    plan = state.get("plan") or Plan()
    results = await run(plan, {job.id: job for job in state.get("jobs", [])}, runtime)
    return Command(goto="respond", update={"results": results})


async def run(plan: Plan, jobs: Mapping[int, Job], runtime: Runtime[Context]) -> list[Result]:
    """One result for every task, in the order of the plan.

    Every task is one LangGraph task, and all are called before anything is awaited: LangGraph knows a finished one
    again by its place among the calls, so that a resumed run gives every result to the right task.
    """
    context, clock, request, priority = options(runtime), Clock(), object(), remaining(plan)
    branches: dict[int, asyncio.Future[Result]] = {}
    for task in plan.tasks:
        attempts = Attempts(
            job=jobs.get(task.id) or Job(id=task.id, task=task.task, choices=[]),
            report=Reporter(task, runtime.stream_writer, clock),
            request=request,
            priority=priority[task.id],
            timeout=context.task_timeout,
            reuse=context.cache,
        )
        needs = {needed: branches.get(needed) for needed in task.dep}
        body = _body(needs, attempts)
        body.__name__ = f"{task.task}#{task.id}"
        branches[task.id] = asyncio.ensure_future(langgraph_task(body)(task))
    if branches:
        await asyncio.wait(branches.values())
    return [branch.result() for branch in branches.values()]


def _body(
    needs: Mapping[int, asyncio.Future[Result] | None], attempts: Attempts
) -> Callable[[Task], Coroutine[None, None, Result]]:
    """The body of one task's branch: wait for what it needs, bind, and try its models.

    A need that is no earlier task of the plan (a cycle, or nothing at all) is never waited for.
    """

    async def body(task: Task) -> Result:
        waited = [branch for branch in needs.values() if branch is not None]
        if waited:
            await asyncio.wait(waited)  # not gather: cancelling this task must not cancel what others wait for too
        results = {needed: branch.result() if branch else None for needed, branch in needs.items()}
        lacking = [_lack(needed, result) for needed, result in results.items() if not result or result.status != "done"]
        if lacking:
            return attempts.skipped(f"It needed {' and '.join(lacking)}.")
        attempts.queue()
        try:
            inputs = bind(task, {needed: result for needed, result in results.items() if result})
        except BadOutput as error:
            return attempts.failed(str(error))
        return await attempts.run(inputs)

    return body


def _lack(needed: int, result: Result | None) -> str:
    if result is None:
        return f"task {needed}, which does not come before it in the plan"
    return f"task {needed} ({result.task}), which {_WHY.get(result.status, result.status)}"


_WHY = {"skipped": "was skipped", "cancelled": "was cancelled"}
