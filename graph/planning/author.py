"""Plans with a language model: asks, reads what it writes as it is written, checks, and asks again with the reason."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from graph.answer import shorten
from graph.calling import write_json
from graph.conversation import Request
from graph.planning.dialects import Written, written
from graph.planning.draft import Draft
from graph.planning.earlier import Earlier
from graph.planning.files import Files
from graph.planning.partial import valid_part
from graph.planning.progress import Progress
from graph.planning.prompting import ANSWER, BUDGET, conversation
from graph.planning.reply import Reply, read
from graph.planning.scanner import Scanner
from graph.planning.validation import Checked, check, question
from tools.errors import PlanError
from tools.tasks import TaskType

REPAIRS = 2
SCHEMA: dict[str, Any] = {
    "title": "plan",
    "description": "Tasks that fulfil a request; or a reply, or a question.",
    "type": "object",
    "properties": {
        "tasks": {"type": "array", "items": {"type": "object"}},
        "reply": {"type": "string"},
        "question": {"type": "string"},
    },
}
Announce = Callable[[int, Written], None]


async def author(
    request: Request,
    offered: Mapping[str, TaskType],
    model: BaseChatModel,
    name: str,
    announce: Announce,
    before: Progress | None = None,
) -> Draft:
    """A plan by a language model. ``announce`` is told every task the moment it is written, before it is checked.

    After what came ``before`` the plan is the tasks that are done and the rest. The request's files may still be on
    their way, and known by name only: the plan is checked when they are there.

    Raises:
        InputError: the request is too long.
        PlanError: also the last repair left nothing that can run.
        ModelError: the model cannot be asked.
    """
    earlier = Earlier(request.history)
    heard = _listener(lambda place, task: announce(place, earlier.filled(task)), before.first if before else 0)
    messages = [*conversation(request, offered, _budget(model)), *(before.messages() if before else [])]
    replies: list[Reply] = []
    for _ in range(1 + REPAIRS):
        text = await write_json(model, messages, SCHEMA, name, heard)
        reply = await asyncio.to_thread(read, text, f"{request.text} {earlier.references()}")
        reply = replace(reply, tasks=tuple(map(earlier.filled, reply.tasks)))
        replies.append(replace(reply, tasks=tuple(before.joined(reply.tasks))) if before and reply.tasks else reply)
        files = (await request.whole()).files
        checked = _checked(replies[-1], files, offered)
        if not checked.problems:
            reply = replies[-1]
            if earlier and not reply.tasks:
                reply = await _knowing(request, offered, model, name) or reply
            return _draft(reply, checked)
        messages = [*messages, *_complaint(text, checked)]
    return next(filter(None, (_usable(reply, files, offered) for reply in reversed(replies))), None) or _none(checked)


async def _knowing(request: Request, offered: Mapping[str, TaskType], model: BaseChatModel, name: str) -> Reply | None:
    """Mere words, by a model that has read what was answered before, and so may plan nothing."""
    messages = conversation(request, offered, _budget(model), answers=True)
    reply = await asyncio.to_thread(read, await write_json(model, messages, SCHEMA, name, lambda _: None), request.text)
    return None if reply.tasks or not (reply.text or reply.question) else reply


def _checked(reply: Reply, files: Files, offered: Mapping[str, TaskType]) -> Checked:
    if not (reply.tasks or reply.text or reply.question or reply.complaints):
        return Checked(problems=["The answer was not a plan in JSON."])
    checked = check(reply.tasks, files, offered)
    return replace(checked, problems=[*reply.complaints, *checked.problems]) if reply.complaints else checked


def _draft(reply: Reply, checked: Checked) -> Draft:
    if checked.missing:
        return Draft(question=question(*checked.missing), notes=checked.notes)
    if checked.tasks:
        return Draft(tasks=checked.tasks, notes=checked.notes)
    return Draft(question=reply.question) if reply.question else Draft(refusal=reply.text, exit_code=0)


def _usable(reply: Reply, files: Files, offered: Mapping[str, TaskType]) -> Draft | None:
    """What can be made of an answer that could not be mended: the part that can run, and what was left out and why."""
    checked = valid_part(reply.tasks, files, offered)
    if not (checked.tasks or checked.missing or reply.text or reply.question):
        return None
    unsure = [f"The plan could not be mended. {complaint}" for complaint in reply.complaints]
    return _draft(reply, replace(checked, notes=[*unsure, *checked.notes]))


def _none(checked: Checked) -> NoReturn:
    raise PlanError(f"No valid plan came out: {' '.join(checked.problems)} Say it in other words, or in smaller steps.")


def _complaint(text: str, checked: Checked) -> list[BaseMessage]:
    problems = "\n".join(f"- {problem}" for problem in checked.problems[:10])
    said = AIMessage(shorten(text) or "(nothing)")
    return [said, HumanMessage(f"That cannot run:\n{problems}\nWrite the whole plan again.")]


def _budget(model: BaseChatModel) -> int:
    return min(BUDGET, int((model.profile or {}).get("max_input_tokens") or BUDGET) - ANSWER)


def _listener(announce: Announce, first: int) -> Callable[[str], None]:
    """Announces every task of a text that arrives in pieces, counting from ``first``."""
    scanner = Scanner()

    def heard(piece: str) -> None:
        for place, member in scanner.feed(piece):
            try:
                task = written(json.loads(member))
            except (ValueError, RecursionError):
                continue  # the whole text will be repaired in the end
            if task:
                announce(first + place if task.id is None else task.id, task)

    return heard
