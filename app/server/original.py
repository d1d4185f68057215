"""The routes of the original HuggingGPT server, in its exact shapes."""

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.owner import Owner
from app.server import in_process
from app.server.body import Conversation, finite, read
from graph.state import Plan, Result, Task
from tools.files.resources import modality


async def hugginggpt(request: Request) -> Response:
    """``POST /hugginggpt``: the answer, as ``{"message"}``."""
    state = await _run(request)
    return JSONResponse({"message": in_process.last_words(state, Owner.of(request))})


async def tasks(request: Request) -> Response:
    """``POST /tasks``: the plan alone, or ``{"message"}`` where there is nothing to run."""
    state = await _run(request, plan_only=True)
    plan: Plan | None = state.get("plan")
    if plan is None or not plan.tasks:
        return JSONResponse({"message": in_process.last_words(state, Owner.of(request))})
    return JSONResponse([_task(task) for task in plan.tasks])


async def results(request: Request) -> Response:
    """``POST /results``: for every task what it was, what came of it and which model was chosen, or ``{"message"}``."""
    state = await _run(request)
    plan: Plan | None = state.get("plan")
    if plan is None or not plan.tasks:
        return JSONResponse({"message": in_process.last_words(state, Owner.of(request))})
    done = {result.id: result for result in state.get("results") or []}
    shown = {str(task.id): _result(task, done[task.id], Owner.of(request)) for task in plan.tasks if task.id in done}
    return JSONResponse(shown)


async def _run(request: Request, *, plan_only: bool = False) -> dict[str, Any]:
    given = (await read(request, Conversation)).as_input()
    config = Owner.of(request).config("jarvis")
    return await in_process.unless_gone(request, in_process.final_state(given, config, plan_only=plan_only))


def _task(task: Task) -> dict[str, Any]:
    """A task with the original's symbols: ``<GENERATED>-ID``, and ``dep: [-1]`` for no dependency."""
    text = re.sub(r"<resource-(\d+)>", r"<GENERATED>-\1", json.dumps(task.args))
    return {"task": task.task, "id": task.id, "dep": task.dep or [-1], "args": json.loads(text)}


def _result(task: Task, result: Result, owner: Owner) -> dict[str, Any]:
    choice = result.choice
    return {
        "task": _task(task),
        "inference result": _inference(result, owner),
        "choose model result": {"id": choice.model if choice else "", "reason": choice.reason if choice else ""},
    }


def _inference(result: Result, owner: Owner) -> dict[str, Any]:
    if result.status != "done":
        return {"error": result.error or result.status}
    inference: dict[str, Any] = {"generated text": result.text} if result.text else {}
    for path, link in zip(result.files, owner.links(result.files), strict=True):
        inference.setdefault(f"generated {modality(path)}", link)
    return inference | ({"predicted": finite(result.data)} if result.data is not None else {})
