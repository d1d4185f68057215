"""Stage 3: run the tasks, each as soon as its own dependencies are done."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Literal

from langgraph.func import task as langgraph_task
from langgraph.runtime import Runtime
from langgraph.types import Command, Send
from upath import UPath

from graph import approval, estimates
from graph.binding import bound
from graph.branch import Branch
from graph.context import Context, controller, options, owner
from graph.handover import Begun, handed
from graph.planning.alternative import alternative, untouched
from graph.policy import Attempts, Scope
from graph.record import Record
from graph.selector import permitted
from graph.spoken import in_language_of
from graph.state import Job, Plan, Result, State, Task
from graph.turns import in_order, lent_place
from graph.words import say
from tools.errors import BadOutput
from tools.models.catalog import offered
from tools.settings import is_served

Next = Command[Literal["respond", "plan", "select", "__end__"]]


async def execute(state: State, runtime: Runtime[Context]) -> Next:
    """Run the plan and collect one result for every task; where a person is to be asked, only once it is approved.

    Raises:
        ConfigError: what comes of it would be lost (graph/turns.py).
    """
    await in_order(runtime.execution_info, new=False)
    context, replanned = options(runtime), state.get("replanned", False)
    plan = state.get("plan") or Plan()
    model = await controller(context, failed=state.get("by_rule", False))
    jobs = {job.id: job for job in await _jobs(state)}
    kept = {result.id: result for result in state.get("results", [])} if replanned else {}
    tasks = [] if state.get("approved") == plan else [task for task in plan.tasks if task.id not in kept]
    asked = approval.due(state.get("approval") or context.approve_plan, tasks, jobs)
    if asked and (turn := await approval.ask(state, plan, jobs, kept, asked, context)):
        return turn
    async with in_language_of(state.get("messages") or []):
        with handed(runtime) as early:
            results = await run(plan, jobs, kept, runtime, early.take(plan.tasks) if early else {})
            if early:
                early.drop()
        other = await asyncio.to_thread(_otherwise, plan, results, context)
    failed = not replanned and any(result.status == "failed" for result in results)
    if failed and model is not None:
        to_replan: State = {**state, "results": results, "replanning": True}
        return Command(goto=Send("plan", to_replan), update={"results": results, "replanned": True, "wished": {}})
    if failed and other:
        still = untouched(plan, other, results)
        return Command(goto="select", update={"plan": other, "results": still, "replanned": True, "wished": {}})
    return Command(goto="respond", update={"results": results, "approved": None})


def _otherwise(plan: Plan, results: Sequence[Result], context: Context) -> Plan | None:
    """The plan that does otherwise what failed; None where nothing did, or there is no other way."""
    failed = any(result.status == "failed" for result in results)
    return alternative(plan, results, offered(context.mode)) if failed else None


async def _jobs(state: State) -> list[Job]:
    jobs = state.get("jobs", [])
    return await asyncio.to_thread(permitted, jobs) if is_served() else jobs


async def run(
    plan: Plan,
    jobs: Mapping[int, Job],
    kept: Mapping[int, Result],
    runtime: Runtime[Context],
    begun: Mapping[int, Begun],
) -> list[Result]:
    """One result for every task, in the order of the plan; those that are ``kept`` from before are not run again.

    Those that have ``begun`` while the plan was written are taken over.

    Every task is one LangGraph task, and all are called before anything is awaited: LangGraph knows a finished one
    again by its place among the calls, so that a resumed run gives every result to the right task.
    """
    await estimates.load(jobs.values())
    context, priority = options(runtime), estimates.remaining(plan, jobs)
    branches: dict[int, Branch] = {}
    record = Record()
    async with asyncio.TaskGroup() as aside:
        scope = Scope(runtime.stream_writer, aside.create_task, context.task_timeout, context.cache, owner())
        for task in plan.tasks:
            branch = branches[task.id] = Branch({needed: branches.get(needed) for needed in task.dep})
            if task.id in kept:
                branch.settle(kept[task.id])
                continue
            job = jobs.get(task.id) or Job(id=task.id, task=task.task, choices=[])
            body = _body(branch, Attempts(scope, job, priority[task.id]), record, begun.get(task.id))
            branch.run(_whole(branch, _called(task, body), partial(_called, task, body)))
        ends = [branch.kept for branch in branches.values()]
        if ends:
            async with lent_place():
                await asyncio.wait(ends)
        done = [end.result() for end in ends if not end.exception()]
        aside.create_task(estimates.save(estimates.observe(done)))
    return [end.result() for end in ends]


async def _whole(branch: Branch, first: asyncio.Future[Result], again: Callable[[], asyncio.Future[Result]]) -> Result:
    """The result, made anew where it is on record from before and a file of it was deleted since."""
    result = await first
    there = branch.made.done() or not result.files or await asyncio.to_thread(_there, result.files)
    return result if there else await again()


def _there(files: Sequence[str]) -> bool:
    return all(UPath(file).is_file() for file in files)


def _called(task: Task, body: Callable[[Task], Coroutine[None, None, Result]]) -> asyncio.Future[Result]:
    body.__name__ = f"{task.task}#{task.id}"  # the name of its span in traces
    return asyncio.ensure_future(langgraph_task(body)(task))


def _body(
    branch: Branch, attempts: Attempts, record: Record, begun: Begun | None
) -> Callable[[Task], Coroutine[None, None, Result]]:
    """The body of one task's branch: do it, write down what came of it, and only then tell."""

    async def body(task: Task) -> Result:
        early = await begun.result(attempts.scope.write, task) if begun else None
        result = early or await _outcome(task, branch, attempts)
        branch.pass_on(result)
        await branch.needs_kept()
        await record.keep(result)
        await attempts.tell(result)
        return result

    return body


async def _outcome(task: Task, branch: Branch, attempts: Attempts) -> Result:
    """Wait for what the task needs, bind, and try its models."""
    results = await branch.needed()
    lacking = [_lack(needed, result) for needed, result in results.items() if not result or result.status != "done"]
    if lacking:
        return attempts.skipped(say("It needed {lacking}.", lacking=f" {say('and')} ".join(lacking)))
    attempts.queue()
    try:
        inputs = await bound(task, {needed: result for needed, result in results.items() if result})
    except BadOutput as error:
        return attempts.failed(str(error))
    return await attempts.run(inputs)


def _lack(needed: int, result: Result | None) -> str:
    if result is None:
        return say("task {number}, which does not come before it in the plan", number=needed)
    return say(LACKS[result.status], number=needed, task=result.task)


LACKS = {
    "failed": "task {number} ({task}), which failed",
    "skipped": "task {number} ({task}), which was skipped",
    "cancelled": "task {number} ({task}), which was stopped",
}
