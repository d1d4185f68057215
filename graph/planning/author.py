"""Plans with a language model: asks, reads what it writes as it is written, checks, and asks again with the reason."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from graph.calling import write_json
from graph.conversation import Request
from graph.planning.dialects import Reply, Scanner, Written, read, written
from graph.planning.draft import Draft
from graph.planning.prompting import ANSWER, BUDGET, conversation
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
    request: Request, offered: Mapping[str, TaskType], model: BaseChatModel, name: str, announce: Announce
) -> Draft:
    """A plan by a language model. ``announce`` is told every task the moment it is written, before it is checked.

    The request's files may still be on their way, and known by name only: the plan is checked when they are there.

    Raises:
        InputError: the request is too long.
        PlanError: also the last repair left the plan invalid.
        ModelError: the model cannot be asked.
    """
    messages = conversation(request, offered, _budget(model))
    checked = Checked()
    for _ in range(1 + REPAIRS):
        text = await write_json(model, messages, SCHEMA, name, _listener(announce))
        reply, files = read(text), (await request.whole()).files
        checked = check(reply.tasks, files, offered) if reply.tasks else _without_tasks(reply)
        if draft := _draft(reply, checked):
            return draft
        messages = [*messages, *_complaint(text, checked)]
    raise PlanError(f"No valid plan came out: {' '.join(checked.problems)} Say it in other words, or in smaller steps.")


def _draft(reply: Reply, checked: Checked) -> Draft | None:
    if checked.tasks:
        return Draft(tasks=checked.tasks, notes=checked.notes)
    if checked.problems:
        return None
    if checked.missing:
        return Draft(question=question(*checked.missing))
    return Draft(question=reply.question) if reply.question else Draft(refusal=reply.text, exit_code=0)


def _without_tasks(reply: Reply) -> Checked:
    return Checked(problems=[] if reply.text or reply.question else ["The answer was not a plan in JSON."])


def _complaint(text: str, checked: Checked) -> list[BaseMessage]:
    problems = "\n".join(f"- {problem}" for problem in checked.problems[:10])
    return [AIMessage(text or "(nothing)"), HumanMessage(f"That cannot run:\n{problems}\nWrite the whole plan again.")]


def _budget(model: BaseChatModel) -> int:
    return min(BUDGET, int((model.profile or {}).get("max_input_tokens") or BUDGET) - ANSWER)


def _listener(announce: Announce) -> Callable[[str], None]:
    """Announces every task of a text that arrives in pieces."""
    scanner, count = Scanner(), 0

    def heard(piece: str) -> None:
        nonlocal count
        for element in scanner.feed(piece):
            try:
                found = written(json.loads(element))
            except (ValueError, RecursionError):
                continue  # the whole text will be repaired in the end
            if found:
                announce(count, found)
                count += 1

    return heard
