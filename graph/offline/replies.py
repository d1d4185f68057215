"""What the planner says when there is no plan: greetings, refusals and the one question that it asks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from graph.offline.intents import Intent
from graph.offline.understanding import Understood, Unmet
from graph.planning.draft import Draft
from graph.planning.validation import question
from graph.words import purpose, say, within
from tools.tasks import Slot, TaskType

_THANKS = re.compile(r"\b(?:thanks|thank you|thx|ta|cheers|great|perfect|nice|brilliant|lovely|danke|merci|gracias)\b")
_PARTING = re.compile(r"\b(?:bye|goodbye|see you|good ?night|tsch[uü]ss|au revoir|adi[oó]s)\b")
_GREETING = re.compile(
    r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|how are you|help|(?:what|how|which|who|are|do|can) .*you"
    r"|hallo|guten|moin|servus|bonjour|salut|hola|buen[oa]s)\b"
)
HELLO, BYE, WELCOME = SMALL_TALK = "Hello!", "Goodbye!", "You are welcome."
ASPECTS = ("Sentiment", "Language", "Topic", "Emotion", "Toxicity", "Tone")


def small_talk(request: str) -> Draft:
    """An honest reply to chit-chat; words that greet nobody are not understood."""
    text = request.lower()
    thanks = _THANKS.search(text) and "?" not in text
    reply = WELCOME if thanks else BYE if _PARTING.search(text) else HELLO
    known = reply != HELLO or not text.strip() or bool(_GREETING.search(text))
    return Draft(refusal=say(reply), small_talk=known, exit_code=0 if known else 3)


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
    options = "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    asked = _asked(len(texts), _names(files))
    answer = say("Answer with a number, or say it in other words.")
    return Draft(question=f"{asked}\n{options}\n{answer}", choices=texts)


def _asked(count: int, files: str) -> str:
    if count == 1 and files:
        return say("Did I understand you with {files}? Shall I", files=files)
    if files:
        return say("I am not sure what to do with {files}. Shall I", files=files)
    return say("Did I understand you? Shall I") if count == 1 else say("I am not sure what to do. Shall I")


def described(choice: Understood) -> str:
    """A set of wishes in words."""
    return "; ".join(dict.fromkeys(map(_purpose, choice.intents)))


def _purpose(intent: Intent) -> str:
    aspect = intent.slots.get("aspect")
    if aspect:
        return within(say("Tell the {aspect} of a text", aspect=within(say(str(aspect).capitalize()))))
    return within(purpose(intent.type))


def _names(files: Sequence[str]) -> str:
    return f" {say('and')} ".join(PurePath(file).name for file in files)


def abilities(offered: Mapping[str, TaskType]) -> str:
    """What can be done in this configuration, in one sentence."""
    if not offered:
        return say("No task can run in this configuration; `hugginggpt doctor` says what is missing.")
    return say("Here I can: {listed}.", listed="; ".join(within(purpose(type_)) for type_ in offered.values()))


def nothing_to_do(offered: Mapping[str, TaskType]) -> str:
    """The refusal of a request in which no task was found."""
    nothing = say("I found nothing in the request that can be done here; try other words.")
    return f"{nothing} {abilities(offered)}"


def unplanned(problems: Sequence[str]) -> str:
    """The refusal of a request whose plan cannot be mended."""
    return say("The request cannot be planned: {problems}", problems=" ".join(problems))


def what_to_do(files: Sequence[str]) -> str:
    """The question about files that came without a word."""
    return say("What should I do with {files}?", files=_names(files))


def left_out(unmet: Sequence[Unmet]) -> Iterator[str]:
    """The notes on what was asked for and is not done, by the words that ask for it."""
    for omitted in unmet:
        said = omitted.text if len(omitted.text) <= 200 else f"{omitted.text[:200].rsplit(None, 1)[0]} ..."
        yield say("I left out “{said}”: {why}.", said=said, why=_why(omitted))


def _why(unmet: Unmet) -> str:
    if unmet.type:
        purposes = within(purpose(unmet.type))
        return say("{task} ({purpose}) cannot run in this configuration", task=unmet.type.name, purpose=purposes)
    if unmet.unclear:
        return say("I am not sure what it asks for; say it by itself")
    return say("nothing that can run here does that")
