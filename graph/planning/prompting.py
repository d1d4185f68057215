"""What a language model is told in order to plan: the tasks on offer, a few demonstrations, and the conversation."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache, partial

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage, trim_messages
from langchain_core.messages.utils import count_tokens_approximately
from rapidfuzz import fuzz

import prompts
from graph.conversation import Request
from graph.planning.earlier import Earlier
from graph.planning.files import Files
from graph.planning.reply import read
from prompts import Demonstration
from tools.errors import InputError
from tools.files.resources import modality
from tools.tasks import Modality, TaskType
from tools.values import brief

BUDGET = 8_000  # tokens of a prompt, where the model does not say that it takes less
ANSWER = 1_500  # tokens kept free for the plan
DEMONSTRATED = 450  # characters of demonstrations

tokens = partial(count_tokens_approximately, chars_per_token=3.5)
"""An estimate on the safe side: the tokenizers of current models make 4 to 5 characters of English into one token."""


def conversation(
    request: Request, offered: Mapping[str, TaskType], budget: int, *, answers: bool = False
) -> list[BaseMessage]:
    """The prompt: as much of the conversation as fits, and always the whole request; earlier ``answers`` if wanted.

    Raises:
        InputError: the request alone is longer than the model can take.
    """
    instructions = prompts.render("plan", tasks=listed(offered), demonstrations=_demonstrated(request, offered))
    system = SystemMessage("\n\n".join(filter(None, (instructions, request.instructions))))
    asked = HumanMessage(_asked(request))
    if (size := tokens([system, asked])) > budget:
        raise InputError(
            f"The request is too long for the controller: about {size} tokens, and {budget} fit."
            " Put long texts into files and attach them."
        )
    earlier = Earlier(request.history)
    kept = trim_messages(
        [system, *(earlier.shown() if answers else earlier.referred()), asked],
        max_tokens=budget,
        token_counter=tokens,
        include_system=True,
        start_on="human",
    )
    return list(kept)


def listed(offered: Mapping[str, TaskType]) -> str:
    """A line per task, under one line for each signature."""
    groups: dict[str, list[str]] = defaultdict(list)
    for row in offered.values():
        groups[_signature(row)].append(f"{row.name}: {row.purpose}")
    return "\n".join(line for signature, lines in groups.items() for line in [signature, *lines])


def compact(plan: object) -> str:
    """A plan, a reply or a question as we want it written."""
    return json.dumps(plan, ensure_ascii=False, separators=(",", ":"))


def _signature(row: TaskType) -> str:
    slots = [
        slot.name
        + "[]" * slot.many
        + "?" * (not slot.required)
        + (f": {values}" if (values := brief(slot.schema)) else "")
        for slot in row.slots
    ]
    return f"({', '.join(slots)}) -> {', '.join(row.outputs)}"


def _demonstrated(request: Request, offered: Mapping[str, TaskType]) -> str:
    """The demonstrations most like the request, of tasks that are offered."""
    kinds = {modality(path) for path in request.given}
    usable = [
        (demonstration, names) for demonstration, names in _demonstrations() if all(name in offered for name in names)
    ]
    ranked = sorted(usable, key=lambda known: -_likeness(known[0], known[1], request.text, kinds))
    shown: list[str] = []
    room = DEMONSTRATED
    for demonstration, _ in ranked:
        text = f"{_asks(demonstration.request, demonstration.files)}\n{compact(demonstration.plan)}"
        if len(text) <= room:
            shown, room = [*shown, text], room - len(text)
    return "\n".join(shown)


@cache
def _demonstrations() -> list[tuple[Demonstration, list[str]]]:
    """All of them, each with the task types that it plans."""
    return [
        (demonstration, [task.task for task in read(compact(demonstration.plan)).tasks])
        for demonstration in prompts.demonstrations()
    ]


def _likeness(demonstration: Demonstration, names: Sequence[str], text: str, kinds: set[Modality]) -> float:
    same_files = 40 if {modality(path) for path in demonstration.files} == kinds else 0
    several = 10 if len(names) > 1 else 0
    return fuzz.token_set_ratio(demonstration.request.lower(), text[:2000].lower()) + same_files + several


def _asked(request: Request) -> str:
    files = request.files
    earlier = f"Earlier files, the last one latest: {_kinds(request.previous, files)}\n" if request.previous else ""
    return earlier + _asks(request.text, [files.name(path) for path in request.given])


def _asks(text: str, given: Sequence[str]) -> str:
    return f"Files: {', '.join(given) or 'none'}\nRequest: {text}"


def _kinds(paths: Sequence[str], files: Files) -> str:
    return ", ".join(f"{files.name(path)} ({modality(path)})" for path in paths[-20:])
