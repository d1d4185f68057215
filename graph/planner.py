"""Stage 1: from the conversation to a valid plan."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, StreamWriter

from graph import by_rule
from graph.answer_links import Links
from graph.chat_models import resolve
from graph.context import Context, controller, options
from graph.conversation import Request, again, instructed, reading, seen
from graph.early import Early
from graph.planning.author import author
from graph.planning.dialects import Written
from graph.planning.draft import Draft
from graph.planning.names import find
from graph.planning.progress import Progress
from graph.spoken import in_language_of
from graph.state import Plan, State
from graph.turns import in_order
from graph.warmup import WarmUp
from graph.words import say
from tools.errors import HuggingGPTError, InputError, ModelError, PlanError
from tools.models.catalog import candidates, offered
from tools.protocol import Mode
from tools.tasks import TaskType

Next = Command[Literal["select", "respond", "__end__"]]


async def plan(state: State, runtime: Runtime[Context]) -> Next:
    """Plan the request, or after a failure the rest of it; without a task to run, answer or ask, and end.

    Raises:
        ConfigError: the controller named by the run is not there, or the turn would be lost (graph/turns.py).
        ModelError: the controller's model fails, and ``fallback`` is none.
    """
    if state.get("replanning"):
        return await _again(state, runtime)
    await in_order(runtime.execution_info, new=True)
    context = options(runtime)
    model = await controller(context)
    resources = seen(state)
    update: dict[str, Any] = {"plan": None, "jobs": [], "results": [], "replanned": False, "by_rule": False}
    update |= {"approval": context.approve_plan, "approved": None, "wished": {}}
    try:
        async with in_language_of(state.get("messages") or []), reading(state) as asked:
            draft = await _draft(replace(asked, instructions=instructed(state, context.instructions)), model, runtime)
            request = await asked.whole()
        resources = request.resources
        update |= {"request": request.text, "given": request.given, "messages": [request.message]}
    except InputError as error:
        draft = _refused(error)
    update |= {"resources": Overwrite(resources), "seen": len(resources)}
    return _command(draft, update | {"by_rule": draft.by_rule}, context)


async def _again(state: State, runtime: Runtime[Context]) -> Next:
    """The rest of a plan of which a task failed, by the model that wrote it; what is done stays."""
    before = Progress(state.get("plan") or Plan(), state.get("results", []))
    model, draft = await controller(options(runtime)), Draft()
    with suppress(InputError, PlanError, ModelError):  # then what there is is told, and what failed
        if model is not None:
            request = replace(again(state), instructions=instructed(state, options(runtime).instructions))
            draft = await _authored(request, model, runtime, before)
    if not draft.tasks:
        return Command(goto="respond", update={"results": list(before.results)})
    notes = [*before.plan.notes, *before.notes(), *draft.notes]
    return Command(goto="select", update={"plan": Plan(tasks=draft.tasks, notes=notes), "results": before.done})


async def _draft(request: Request, model: BaseChatModel | None, runtime: Runtime[Context]) -> Draft:
    """The plan by the controller, checked, or why there is none."""
    try:
        return await (_by_model(request, model, runtime) if model else _by_rule(request, runtime))
    except (InputError, PlanError) as error:
        return _refused(error)


async def _by_model(request: Request, model: BaseChatModel, runtime: Runtime[Context]) -> Draft:
    try:
        return await _authored(request, model, runtime)
    except ModelError as error:
        if options(runtime).fallback == "none":
            raise
        return await _instead(request, error, runtime)


async def _instead(request: Request, error: ModelError, runtime: Runtime[Context]) -> Draft:
    """The plan by rule, where the controller's model has failed."""
    await controller(options(runtime), failed=True)
    draft = await _by_rule(request, runtime)
    note = f"{error} {say('This was planned by rule instead.')}"
    return replace(draft, notes=[*draft.notes, note], by_rule=True, exit_code=draft.exit_code if draft.tasks else 4)


def _refused(error: HuggingGPTError) -> Draft:
    return Draft(refusal=str(error), exit_code=error.exit_code)


async def _authored(
    request: Request, model: BaseChatModel, runtime: Runtime[Context], before: Progress | None = None
) -> Draft:
    context = options(runtime)
    types = await asyncio.to_thread(offered, context.mode)
    with WarmUp() as warm, Early(runtime, types, model) as early:
        if before is None:
            early.expect(request)
        announce = partial(_announce, runtime.stream_writer, warm, early, types, context.mode)
        draft = await author(request, types, model, resolve(context.llm), announce, before)
        warm.keep(task.task for task in draft.tasks)
        early.keep(draft.tasks)
    links = Links([], "\n".join([request.text, *request.resources]))
    return replace(draft, question=links.held(draft.question or ""), refusal=links.held(draft.refusal or ""))


async def _by_rule(request: Request, runtime: Runtime[Context]) -> Draft:
    types = await asyncio.to_thread(offered, options(runtime).mode)
    return await asyncio.to_thread(by_rule.drafted, await request.whole(), types)


def _announce(
    write: StreamWriter, warm: WarmUp, early: Early, types: Mapping[str, TaskType], mode: Mode, id_: int, task: Written
) -> None:
    """Say that a task has been written, though nothing of it is checked yet; load the model it may need, or begin."""
    write({"event": "planned", "id": id_, "task": task.task, "at": time.time()})
    if row := find(task.task, types):
        warm.begin(row.name, partial(candidates, row, mode))
    early.hear(id_, task)


def _command(draft: Draft, update: dict[str, Any], context: Context) -> Next:
    if draft.tasks:
        return Command(goto="select", update=update | {"plan": Plan(tasks=draft.tasks, notes=draft.notes)})
    text = "\n\n".join([draft.question or draft.refusal or "", *draft.notes])
    metadata = {"controller": resolve(context.llm), "exit_code": draft.exit_code, "choices": draft.choices}
    said = AIMessage(text, response_metadata=metadata)
    return Command(goto="__end__", update=update | {"messages": [*update.get("messages", []), said]})
