"""What serves in the place of a task type that cannot run here, where the request speaks of something it can tell."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from graph.offline.intents import type_name
from tools import languages
from tools.experts import filters

_READ = 400  # characters of what is said of a wish
_PEOPLE = re.compile(
    r"\b(?:any(?:body|one)|some(?:body|one)|people|persons?|faces?|heads?|humans?|m[ae]n|wom[ae]n|kids|children|of us"
    r"|who(?:'s|s| is| are)|gesicht(?:er)?|personen|leute|menschen|jemand|visages?|personnes?|gens|quelqu.un|caras?"
    r"|rostros?|personas?|gente|alguien)\b|脸|人"
)
_PAPER = (
    r"\b(?:signs?|notice|receipt|menu|bill|invoice|poster|leaflet|flyer|page|label|note|card|ticket|form|letter"
    r"|qr code)\b"
)
_WORDS = re.compile(
    r"\b(?:say|says|said|reads?|written|writing|printed|print|text|words?|lettering|decipher|decode|bar ?codes?"
    r"|steht|geschrieben|gedruckt|écrite?|qu.est-ce que dit|que dit|dice|pone|escrito)\b|写了?什么"
    rf"|\bwhat(?:'s|s| is) (?:on|in) (?:the|this|that|my) {_PAPER}"
)
_FACT = re.compile(rf"{_PAPER}|\b(?:opening|open|close|price|cost|how much|total|date|when|hours|address|phone)\b")
_ASKED = re.compile(r"\?|\b(?:whether|if|who|when|how much|find out)\b")
_TONGUE = re.compile(
    r"\b(?:what|which|the|its) (?:language|tongue)\b|\b(?:welche[rn]? sprache|quelle langue|qué idioma)\b|什么语言"
)
_SHORT = re.compile(r"\b(?:short|brief|concise|boil|cut|trim|tl;?dr|gist|summ[ae]r)\w*")
_KINDS_OF_MOOD = re.compile(
    r"\b(?:positive|negative|(?:un)?friendly|(?:un)?happy|(?:dis)?satisfied|pleased|glad|sad|angry|upset|annoyed|polite"
    r"|rude|nice|kind|a complaint|praise|favou?rable|critical|hostile|disappointed|harsh|aggressive|cheerful|gloomy"
    r"|optimistic|pessimistic|grumpy|insulting|encouraging|(?:un)?pleasant|bitter|furious|excited|enthusiastic|grateful|sarcastic"
    r"|mean-spirited|complain(?:ing|s)?|good|bad|not|likes?|liked|loves?|loved|hates?|hated)\b"
)


def _always(_: str) -> bool:
    return True


@dataclass(frozen=True)
class StandIn:
    """``serve`` in the place of ``wish`` where what is said of it fits."""

    wish: str
    serve: tuple[str, ...]
    fits: Callable[[str], object] = _always


def wants_words(said: str) -> bool:
    """Whether a question is answered by all that is written, or said: "What does it say?"."""
    return bool(_WORDS.search(said)) and " about " not in said


def _asks_of_words(said: str) -> bool:
    return bool(_ASKED.search(said) and (_FACT.search(said) or _WORDS.search(said)))


_LOOKING = ("image-text-to-text", "visual-question-answering")
STAND_INS = (
    *(StandIn(wish, ("object-detection",), _PEOPLE.search) for wish in (*_LOOKING, "zero-shot-object-detection")),
    StandIn("image-text-to-text", ("visual-question-answering",), _ASKED.search),
    StandIn("visual-question-answering", ("image-text-to-text",)),
    *(StandIn(wish, ("image-to-text", "text-classification/language"), _TONGUE.search) for wish in _LOOKING),
    *(StandIn(wish, ("image-to-text",), wants_words) for wish in _LOOKING),
    *(StandIn(wish, ("image-to-text", "question-answering"), _asks_of_words) for wish in _LOOKING),
    StandIn("document-question-answering", ("image-to-text", "question-answering")),
    StandIn("image-editing", ("image-to-image",), filters.understands),
    StandIn("text2text-generation", ("summarization",), _SHORT.search),
    StandIn("text2text-generation", ("text-generation",)),
    StandIn("conversational", ("text-generation",)),
    StandIn("tabular-classification", ("table-question-answering",), re.compile(r"\?").search),
    StandIn("hed-control", ("canny-control",)),
)


def serving(wish: str, said: str, offered: Collection[str]) -> tuple[str, ...]:
    """The wishes that can be met for one: itself, those that stand in for it, or none."""
    if type_name(wish) in offered:
        return (wish,)
    fitting = (stand_in for stand_in in STAND_INS if stand_in.wish == wish and stand_in.fits(said[:_READ].lower()))
    able = (stand_in.serve for stand_in in fitting if all(type_name(served) in offered for served in stand_in.serve))
    return next(able, ())


def aspect(labels: Collection[str]) -> str | None:
    """The aspect of a text that two labels are about, where it is one that is told without labels."""
    if len(labels) != 2:
        return None
    if all(_KINDS_OF_MOOD.search(label.lower()) for label in labels):
        return "sentiment"
    return "language" if all(languages.mentioned(label, label.lower()) for label in labels) else None
