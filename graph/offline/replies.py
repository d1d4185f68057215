"""What the planner says when there is no plan: greetings, refusals and the one question that it asks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

import numpy as np

from graph.offline.intents import OUTCOMES, Choice, Evidence
from graph.offline.reading import Reading
from graph.planning.draft import Draft
from graph.planning.validation import question
from tools.tasks import TASKS, Slot, TaskType

_THANKS = re.compile(r"\b(?:thanks|thank you|thx|ta|cheers|great|perfect|nice|brilliant|lovely|danke|merci|gracias)\b")
_PARTING = re.compile(r"\b(?:bye|goodbye|see you|good ?night|tsch[uü]ss|au revoir|adi[oó]s)\b")
HELLO = "Hello!"
_BEYOND = 1.0  # log-odds at which a clause asks for something that no task does


def small_talk(request: str) -> Draft:
    """An honest reply to chit-chat."""
    text = request.lower()
    thanks = _THANKS.search(text) and "?" not in text
    told = "You are welcome." if thanks else "Goodbye!" if _PARTING.search(text) else HELLO
    return Draft(refusal=told, small_talk=True, exit_code=0)


def without_a_plan(chosen: Choice, request: str, meant: TaskType, offered: Mapping[str, TaskType]) -> Draft | None:
    """The answer where nothing is to run: small talk, a question for what is missing, a refusal; None otherwise."""
    match chosen.wishes:
        case ("CHAT",):
            return small_talk(request)
        case ("REFUSE",):
            return Draft(refusal=nothing_to_do(offered))
        case ("ASK",):
            return Draft(question=question(meant, _needed(meant)))
    return None


def _needed(type_: TaskType) -> Slot:
    media = [slot for slot in type_.required if slot.modality != "text"]
    return [*media, *type_.required, *type_.slots][0]


def unsure(listed: Sequence[Choice], files: Sequence[str], offered: Mapping[str, TaskType]) -> Draft:
    """One question with the likely choices; where there is but one, whether that is meant."""
    texts = list(dict.fromkeys(map(described, listed)))
    if not texts:
        return Draft(refusal=nothing_to_do(offered))
    about = f" with {_names(files)}" if files else ""
    options = "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    asked = f"I am not sure what to do{about}. Shall I" if len(texts) > 1 else f"Did I understand you{about}? Shall I"
    return Draft(question=f"{asked}\n{options}\nAnswer with a number, or say it in other words.", choices=texts)


def described(choice: Choice) -> str:
    """A set of wishes in words."""
    return "; ".join(dict.fromkeys(map(_purpose, choice.wishes)))


def _purpose(wish: str) -> str:
    name, _, aspect = wish.partition("/")
    return f"tell the {aspect} of a text" if aspect else TASKS[name].purpose


def _names(files: Sequence[str]) -> str:
    return " and ".join(PurePath(file).name for file in files)


def abilities(offered: Mapping[str, TaskType]) -> str:
    """What can be done in this configuration, in one sentence."""
    if not offered:
        return "No task can run in this configuration; `hugginggpt doctor` says what is missing."
    return "Here I can: " + "; ".join(type_.purpose for type_ in offered.values()) + "."


def nothing_to_do(offered: Mapping[str, TaskType]) -> str:
    """The refusal of a request in which no task was found."""
    return f"I found nothing in the request that can be done here; try other words. {abilities(offered)}"


def what_to_do(files: Sequence[str]) -> str:
    """The question about files that came without a word."""
    return f"What should I do with {_names(files)}?"


def cannot(type_: TaskType) -> str:
    """The note on a task type that was asked for and that this configuration cannot do."""
    return f"{type_.name} ({type_.purpose}) cannot run in this configuration and was left out."


def left_out(reading: Reading, said: Evidence, wishes: Sequence[str]) -> Iterator[str]:
    """The notes on the clauses that ask for something which no task does, as they are told by their words."""
    columns = [said.names.index(name) for name in wishes]
    for number in range(len(reading.clauses)):
        rows = [row for row, word in enumerate(reading.words) if word.clause == number]
        odds = said.by_word[rows].sum(axis=0) if rows else np.zeros(len(said.names))
        refused = odds[said.names.index(OUTCOMES[2])]
        if refused > _BEYOND and refused > odds[columns].max():
            start, end = reading.clause(reading.clauses[number])
            part = reading.text[start:end].strip(" ,;.\n")
            told = part if len(part) <= 200 else f"{part[:200].rsplit(None, 1)[0]} ..."
            yield f"I left out “{told}”: nothing that can run here does that."
