"""Stage 3: run the tasks, each as soon as its own dependencies are done."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Literal

from langchain_core.messages import AIMessage
from langgraph.func import task as langgraph_task
from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from graph import approval, estimates
from graph.binding import bind
from graph.context import Context, controller, options
from graph.planning.alternative import alternative, untouched
from graph.planning.files import Files
from graph.planning.validation import validated
from graph.policy import Attempts, Scope
from graph.selector import permitted
from graph.state import Job, Plan, Result, State, Task
from tools.errors import BadOutput
from tools.models.catalog import offered
from tools.settings import is_served

Next = Command[Literal["respond", "plan", "select", "__end__"]]


async def execute(state: State, runtime: Runtime[Context]) -> Next:
    """Run the plan and collect one result for every task; where the run asks for it, only once it is approved."""
    context, replanned = options(runtime), state.get("replanned", False)
    plan = state.get("plan") or Plan()
    model = await controller(context, failed=state.get("by_rule", False))
    jobs = {job.id: job for job in await _jobs(state)}
    if context.approve_plan and state.get("approved") != plan and (turn := await _approval(state, plan, jobs, context)):
        return turn
    kept = {result.id: result for result in state.get("results", [])} if replanned else {}
    results = await run(plan, jobs, kept, runtime)
    failed = not replanned and any(result.status == "failed" for result in results)
    if failed and model is not None:
        found: State = {**state, "results": results, "replanning": True}
        return Command(goto=Send("plan", found), update={"results": results, "replanned": True})
    if failed and (other := alternative(plan, results, await asyncio.to_thread(offered, context.mode))):
        kept_ = untouched(plan, other, results)
        return Command(goto="select", update={"plan": other, "results": kept_, "replanned": True})
    return Command(goto="respond", update={"results": results, "approved": None})


async def _jobs(state: State) -> list[Job]:
    jobs = state.get("jobs", [])
    return await asyncio.to_thread(permitted, jobs) if is_served() else jobs


async def _approval(state: State, plan: Plan, jobs: Mapping[int, Job], context: Context) -> Next | None:
    """Ask a person; where to go instead of running, if not approved as it is."""
    types = await asyncio.to_thread(offered, context.mode)
    await estimates.load(jobs.values())
    files = Files(state.get("given", []), state.get("resources", []))
    decision, edited = approval.ask(plan, jobs, lambda tasks: validated(tasks, files, types))
    if decision.type == "edit":
        return Command(goto="select", update={"plan": edited, "approved": edited})
    return _rejected(plan, decision.message) if decision.type == "reject" else None


async def run(
    plan: Plan, jobs: Mapping[int, Job], kept: Mapping[int, Result], runtime: Runtime[Context]
) -> list[Result]:
    """One result for every task, in the order of the plan; those that are ``kept`` from before are not run again.

    Every task is one LangGraph task, and all are called before anything is awaited: LangGraph knows a finished one
    again by its place among the calls, so that a resumed run gives every result to the right task.
    """
    context, priority = options(runtime), estimates.remaining(plan, jobs)
    branches: dict[int, asyncio.Future[Result]] = {}
    async with asyncio.TaskGroup() as aside:
        scope = Scope(runtime.stream_writer, aside.create_task, context.task_timeout, context.cache)
        for task in plan.tasks:
            if task.id in kept:
                branches[task.id] = _settled(kept[task.id])
                continue
            job = jobs.get(task.id) or Job(id=task.id, task=task.task, choices=[])
            needs = {needed: branches.get(needed) for needed in task.dep}
            branches[task.id] = _called(task, _body(needs, Attempts(scope, job, priority[task.id])))
        if branches:
            await asyncio.wait(branches.values())
        done = [branch.result() for branch in branches.values() if not branch.exception()]
        aside.create_task(estimates.save(estimates.observe(done)))
    return [branch.result() for branch in branches.values()]


def _settled(result: Result) -> asyncio.Future[Result]:
    branch: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
    branch.set_result(result)
    return branch


def _called(task: Task, body: Callable[[Task], Coroutine[None, None, Result]]) -> asyncio.Future[Result]:
    body.__name__ = f"{task.task}#{task.id}"  # the name of its span in traces
    return asyncio.ensure_future(langgraph_task(body)(task))


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
    return f"task {needed} ({result.task}), which {'failed' if result.status == 'failed' else 'was ' + result.status}"


def _rejected(plan: Plan, message: str | None) -> Next:
    reason = "The plan was rejected" + (f": {message}" if message else ".")
    results = [Result(id=task.id, task=task.task, status="cancelled", error=reason) for task in plan.tasks]
    return Command(goto="__end__", update={"results": results, "messages": [AIMessage(f"Nothing was run. {reason}")]})
