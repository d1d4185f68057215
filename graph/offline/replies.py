"""What the planner says when there is no plan: greetings, refusals and the one question that it asks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from graph.offline.intents import Intent
from graph.offline.understanding import Understood, Unmet
from graph.planning.draft import Draft
from graph.planning.validation import question
from tools.tasks import Slot, TaskType

_THANKS = re.compile(r"\b(?:thanks|thank you|thx|ta|cheers|great|perfect|nice|brilliant|lovely|danke|merci|gracias)\b")
_PARTING = re.compile(r"\b(?:bye|goodbye|see you|good ?night|tsch[uü]ss|au revoir|adi[oó]s)\b")
_GREETING = re.compile(
    r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|how are you|help|(?:what|how|which|who|are|do|can) .*you"
    r"|hallo|guten|moin|servus|bonjour|salut|hola|buen[oa]s)\b"
)
HELLO = "Hello!"


def small_talk(request: str) -> Draft:
    """An honest reply to chit-chat; words that greet nobody are not understood."""
    text = request.lower()
    thanks = _THANKS.search(text) and "?" not in text
    reply = "You are welcome." if thanks else "Goodbye!" if _PARTING.search(text) else HELLO
    known = reply != HELLO or not text.strip() or bool(_GREETING.search(text))
    return Draft(refusal=reply, small_talk=known, exit_code=0 if known else 3)


def without_a_plan(chosen: Understood, request: str, meant: TaskType, offered: Mapping[str, TaskType]) -> Draft:
    """The answer where nothing is to run: small talk, a question for what is missing, a refusal."""
    match chosen.wishes:
        case ("CHAT",):
            return small_talk(request)
        case ("ASK",) if meant.name in offered:
            return Draft(question=question(meant, _needed(meant)))
    asked = chosen.wishes == ("ASK",)
    return Draft(refusal=nothing_to_do(offered), beyond=meant.name if asked and meant.name not in offered else "")


def _needed(type_: TaskType) -> Slot:
    media = [slot for slot in type_.required if slot.modality != "text"]
    return [*media, *type_.required, *type_.slots][0]


def unsure(listed: Sequence[Understood], files: Sequence[str], offered: Mapping[str, TaskType]) -> Draft:
    """One question with the likely choices; where there is but one, whether that is meant."""
    texts = list(dict.fromkeys(map(described, listed)))
    if not texts:
        return Draft(refusal=nothing_to_do(offered))
    about = f" with {_names(files)}" if files else ""
    options = "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    asked = f"I am not sure what to do{about}. Shall I" if len(texts) > 1 else f"Did I understand you{about}? Shall I"
    return Draft(question=f"{asked}\n{options}\nAnswer with a number, or say it in other words.", choices=texts)


def described(choice: Understood) -> str:
    """A set of wishes in words."""
    return "; ".join(dict.fromkeys(map(_purpose, choice.intents)))


def _purpose(intent: Intent) -> str:
    aspect = intent.slots.get("aspect")
    return f"tell the {aspect} of a text" if aspect else intent.type.purpose


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


def left_out(unmet: Sequence[Unmet]) -> Iterator[str]:
    """The notes on what was asked for and is not done, by the words that ask for it."""
    for omitted in unmet:
        said = omitted.text if len(omitted.text) <= 200 else f"{omitted.text[:200].rsplit(None, 1)[0]} ..."
        yield f"I left out “{said}”: {_why(omitted)}."


def _why(unmet: Unmet) -> str:
    if unmet.type:
        return f"{unmet.type.name} ({unmet.type.purpose}) cannot run in this configuration"
    return (
        "I am not sure what it asks for; say it by itself" if unmet.unclear else "nothing that can run here does that"
    )
