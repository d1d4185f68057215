"""What the planner says when there is no plan: greetings, refusals and the one question it asks."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from tools.tasks import Modality, Slot, TaskType
from tools.values import closed, describe

_GREETING = re.compile(r"\s*(?:hello|hi|hey|good (?:morning|evening|afternoon|day)|how are you)\b[\w\s,!.?']{0,40}$")
_THANKS = re.compile(r"\s*(?:thanks|thank you|thx|great|perfect|nice|ok|okay|cool)\b[\w\s,!.']{0,40}$")
_PARTING = re.compile(r"\s*(?:bye|goodbye|see you|good night)\b[\w\s,!.']{0,40}$")
_HELP = re.compile(r"\s*(?:help|what can you do|who are you|what are you)\b[\w\s,!.?']{0,40}$")
_WHICH: dict[Modality, str] = {
    "image": "Which picture",
    "audio": "Which recording",
    "video": "Which video",
    "table": "Which table",
    "text": "Which text",
}


def small_talk(request: str, offered: Mapping[str, TaskType]) -> str | None:
    """An honest reply to chit-chat; None where the request is more than that."""
    text = request.lower()
    if _GREETING.match(text):
        return f"Hello! I plan and run models on what you give me. {abilities(offered)}"
    if _HELP.match(text):
        return f"I plan and run models on what you give me. {abilities(offered)}"
    if _THANKS.match(text):
        return "You are welcome."
    return "Goodbye!" if _PARTING.match(text) else None


def abilities(offered: Mapping[str, TaskType]) -> str:
    """What can be done in this configuration, in one sentence."""
    if not offered:
        return "No task can run in this configuration; `hugginggpt doctor` says what is missing."
    return "Here I can: " + "; ".join(type_.purpose for type_ in offered.values()) + "."


def nothing_to_do(offered: Mapping[str, TaskType]) -> str:
    """The refusal of a request in which no task was found."""
    return f"I found nothing in the request that can be done here; say it in plain English. {abilities(offered)}"


def what_to_do(files: Sequence[str]) -> str:
    """The question about files that came without a word."""
    return f"What should I do with {' and '.join(PurePath(file).name for file in files)}?"


def cannot(type_: TaskType) -> str:
    """The note on a task type that was asked for and that this configuration cannot do."""
    return f"{type_.name} ({type_.purpose}) cannot run in this configuration and was left out."


def left_out(part: str) -> str:
    """The note on a part of the request for which no task was found."""
    said = part if len(part) <= 200 else f"{part[:200].rsplit(None, 1)[0]} ..."
    return f"I left out “{said}”: nothing that can run here does that."


def question(type_: TaskType, slot: Slot) -> str:
    """The one question that asks for what a task needs and nobody gave."""
    if closed(slot.schema):
        return f"Which {slot.name.replace('_', ' ')} should I use to {type_.purpose}? It takes {describe(slot.schema)}."
    if slot.many:
        return f"Which {slot.name} should I use to {type_.purpose}? Name at least two, separated by commas."
    return f"{_WHICH[slot.modality]} should I use to {type_.purpose}? Attach it or name it."
