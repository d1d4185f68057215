"""Stage 4: the answer first, then how it came about."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langgraph.runtime import Runtime
from upath import UPath

import prompts
from graph.answer import compose, link, remarks, shorten, summary, workflow
from graph.answer_links import Links
from graph.answering import Answering, joined
from graph.chat_models import resolve
from graph.context import Context, controller, options
from graph.conversation import instructed
from graph.spoken import in_language_of
from graph.state import Plan, Result, State
from graph.words import say
from tools.errors import ConfigError

ROOM = 16_000  # characters of all results together that the model is shown
DATA = 1_500  # characters of one result's structured data; the text says the same in words


async def respond(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Answer the user from the results; by rule where there is no model, or the model fails."""
    plan, name = state.get("plan") or Plan(), resolve(options(runtime).llm)
    results = await asyncio.to_thread(_there, state.get("results", []))
    request = state.get("request", "")
    try:
        model = await controller(options(runtime), failed=state.get("by_rule", False))
    except ConfigError as error:
        model, plan = None, _noted(plan, error)
    async with in_language_of(state.get("messages") or []):
        if model is None or not results:
            message = AIMessage(compose(plan, results, "offline" if state.get("by_rule") else name, request))
        else:
            message = await _written(state, plan, results, model, name)
    message.response_metadata["controller"] = name
    return {"messages": [message], "replanned": False}


def _noted(plan: Plan, error: Exception) -> Plan:
    return plan.model_copy(update={"notes": [*plan.notes, f"{say('This answer was composed by rule.')} {error}"]})


async def _written(state: State, plan: Plan, results: Sequence[Result], model: BaseChatModel, name: str) -> AIMessage:
    """The model's answer, held to the files that there are, with the workflow below it; by rule where it fails."""
    asked = "\n".join([state.get("request", ""), *state.get("given", [])])
    material = _facts(results)
    system = "\n\n".join(filter(None, [prompts.render("respond"), instructed(state)]))
    messages = [SystemMessage(system), HumanMessage(f"Request: {asked}\n\nResults:\n{material}")]

    def rest(error: Exception | None) -> str:
        if error:
            return compose(_noted(plan, error), results, name, state.get("request", ""))
        return "\n\n".join(filter(None, [remarks(plan), workflow(results, name)]))

    links = Links([path for result in results for path in result.files], asked, material)
    answering = Answering(model=model, name_of_model=name, links=links, rest=rest)
    pieces = [piece async for piece in answering.astream(messages, {"run_name": "respond"})]
    said = joined(pieces)  # at the least what stands below a model's words
    return AIMessage(said.text, id=said.id, usage_metadata=said.usage_metadata)


def _facts(results: Sequence[Result]) -> str:
    """What every task found, as JSON, each result within its share of the room."""
    share = max(400, ROOM // max(1, len(results)))
    return "\n".join(json.dumps(_fact(result, share), ensure_ascii=False) for result in results)


def _fact(result: Result, room: int) -> dict[str, Any]:
    fact: dict[str, Any] = {"id": result.id, "task": result.task, "status": result.status}
    fact["text"] = shorten(result.text, room, result.more) if result.text else None
    fact["data"] = summary(result.data, min(room, DATA))
    fact["files"] = [link(path) for path in result.files]
    fact["error"] = result.error
    return {key: value for key, value in fact.items() if value not in (None, [], "")}


def _there(results: Sequence[Result]) -> list[Result]:
    """The results, each with those of its files that are still there."""
    return [_still(result) for result in results]


def _still(result: Result) -> Result:
    files = [path for path in result.files if UPath(path).is_file()]
    if files == result.files:
        return result
    lost = ", ".join(Path(path).name for path in result.files if path not in files)
    if files or result.text:
        return result.model_copy(update={"files": files})
    return result.model_copy(update={"files": [], "status": "failed", "error": f"What it made is gone: {lost}."})
