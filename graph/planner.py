"""Stage 1: from the conversation to a valid plan."""

import asyncio
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite

from graph import offline
from graph.chat_models import resolve
from graph.context import Context, controller, options
from graph.conversation import Request, read, seen
from graph.offline import Draft
from graph.state import Plan, State
from tools.catalog import offered
from tools.errors import InputError, PlanError


async def plan(state: State, runtime: Runtime[Context]) -> Command[Literal["select", "__end__"]]:
    """Plan the request; without a task to run, answer or ask, and end.

    Raises:
        ConfigError: the controller named by the run is not there.
        ModelError: the controller's model cannot be reached.
    """
    context = options(runtime)
    await controller(context)
    resources = seen(state)
    update: dict[str, Any] = {"plan": None, "jobs": [], "results": [], "replanned": False}
    try:
        request = await read(state)
        resources = request.resources
        update |= {"request": request.text, "given": request.given, "messages": [request.message]}
        draft = await _draft(request, context)
    except (InputError, PlanError) as error:
        draft = Draft(refusal=str(error))
        update["failure"] = error.exit_code
    update |= {"resources": Overwrite(resources), "seen": len(resources)}
    return _command(draft, update, context)


async def _draft(request: Request, context: Context) -> Draft:
    types = offered(context.mode)
    return await asyncio.to_thread(offline.plan, request.text, request.given, types, previous=request.previous)


def _command(draft: Draft, update: dict[str, Any], context: Context) -> Command[Literal["select", "__end__"]]:
    code = update.pop("failure", 3)
    if draft.tasks:
        return Command(goto="select", update=update | {"plan": Plan(tasks=draft.tasks, notes=draft.notes)})
    text = "\n\n".join([draft.question or draft.refusal or "", *draft.notes])
    metadata = {"controller": resolve(context.llm), "exit_code": code}
    said = AIMessage(text, response_metadata=metadata)
    return Command(goto="__end__", update=update | {"messages": [*update.get("messages", []), said]})
