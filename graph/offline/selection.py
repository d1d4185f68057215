"""From likelihoods to the tasks of a plan: what is asked for, what that needs besides, and what cannot be done."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graph.offline import wording
from graph.offline.bridges import complete
from graph.offline.case import Case
from graph.offline.everyday import wordings
from graph.offline.intents import Hits, Intent, cues_in, locate
from graph.offline.layout import WRITTEN_DOWN, control_of
from graph.offline.outright import SURE, Outright, each, outright
from graph.offline.parts import Parts
from graph.offline.questions import asked_of, is_question

THRESHOLD = 0.3  # a type likelier than this is planned: where F1 was best in cross-validation on the training data
_FAINT = 0.1  # a request whose likeliest type is less likely than this asks for nothing known
_FAINTER = 0.05  # the same where a file is given: then something is wanted of it
_POSSIBLE, _CERTAIN, _BORDER = 0.08, 0.75, 3  # types between these may be added or left out, three of each at most
_ZERO_SHOT = {
    "text-classification": "zero-shot-classification",
    "image-classification": "zero-shot-image-classification",
    "audio-classification": "zero-shot-audio-classification",
}


@dataclass(frozen=True)
class Selection:
    """A set of wanted tasks; ``beyond`` are the types asked for that are not offered.

    ``odds`` is the set's log-odds, and ``added`` its number of types, beside those of the first choice.
    """

    intents: list[Intent]
    beyond: list[Intent]
    odds: float = 0.0
    added: int = 0


def select(case: Case, found: Hits) -> list[Selection]:
    """Choose what the request asks for, and of that what will be done: the likeliest sets of tasks."""
    plain = outright(case, found)
    likeliest = _sets(case, plain)
    questions, dropped = _questions(case, plain, likeliest[0])
    told = [*plain.told, *questions]
    dropped |= {intent.type.name for intent in told}
    first = sum(_odds(plain.likely[name]) for name in likeliest[0])

    def selection(names: Sequence[str]) -> Selection:
        wanted = _special({name: plain.likely[name] for name in names}, case)
        intents = told + [
            intent
            for name, p in wanted.items()
            if name not in dropped
            for intent in _intents(name, p, case, plain.found)
        ]
        beyond = [intent for intent in intents if intent.type.name not in case.offered and intent.sure]
        intents = _conditioned([intent for intent in intents if intent.type.name in case.offered])
        intents = complete(intents, case.files, case.reading, case.offered)
        odds = sum(_odds(plain.likely[name]) for name in names) - first
        return Selection(sorted(intents, key=lambda intent: intent.start), beyond, odds, len(names) - len(likeliest[0]))

    return [selection(names) for names in likeliest]


def _questions(case: Case, plain: Outright, names: Sequence[str]) -> tuple[list[Intent], set[str]]:
    """The questions that nothing else explains, and the learned types that they make superfluous.

    Where an answer is wanted anyway, one question is left to that.
    """
    chosen = [name for name in names if case.suits(case.types[name])]
    answering = [name for name in chosen if is_question(name) and name in case.offered]
    taken = [(intent.start, intent.end) for intent in plain.told if intent.start >= 0]
    doing = [name for name in chosen if not is_question(name) and name not in WRITTEN_DOWN]
    taken += [match.span() for name in doing for match in plain.found[name] if match]
    taken += [span for name in chosen for span in wordings(name, case.reading)]
    questions = asked_of(case, taken)
    if any(
        not is_question(name) and name in case.offered and plain.likely[name] > THRESHOLD for name in chosen
    ):  # "I want to know which class it is" has been understood already
        questions = [intent for intent in questions if intent.slots["question"].endswith("?")]
    if not questions or (answering and len(questions) < 2 and case.reading.quotes):
        return [], set()
    likeliest = next((name for name in answering if case.types[name].slot("image")), "visual-question-answering")
    questions = [replace(one, type=case.types[likeliest]) if one.type.slot("image") else one for one in questions]
    return questions, {name for name in names if name not in chosen or is_question(name)}


def _sets(case: Case, plain: Outright) -> list[list[str]]:
    """The types that are likely enough; and that set with one borderline type more, or one less.

    A type with a decisive cue is never left out, one asked for in the task table's own words less readily. Where
    something was asked for outright the rest of the request need not ask for more.
    """
    likely, found, offered, weights = plain.likely, plain.found, case.offered, case.weights
    threshold = SURE if plain.told else THRESHOLD
    faint = 1.0 if plain.told else _FAINTER if case.files else _FAINT
    decided = {cue.partition(".")[0] for cue in weights.decisive & set(cues_in(found))}
    asked = {name for name in decided if found[name][0] and likely[name] > _POSSIBLE}
    first = [name for name, p in likely.items() if p > threshold or name in asked]
    first = first or [name for name, p in list(likely.items())[:1] if p > faint and _meant(name, case)]
    learned = [name for name in likely if name in offered and name in weights.types]
    more = [name for name in learned if name not in first and likely[name] > _POSSIBLE][:_BORDER]
    less = [name for name in learned if name in first and name not in decided]
    less = [name for name in less if likely[name] < (SURE if found[name][0] else _CERTAIN)]
    less = less[-_BORDER:] if len(first) > 1 else []
    return [first, *([*first, name] for name in more), *([kept for kept in first if kept != name] for name in less)]


def _meant(name: str, case: Case) -> bool:
    """Whether the likeliest type can be meant though it is not likely: it must suit, and an answer needs a question."""
    return case.suits(case.types[name]) and (not is_question(name) or any(Parts(case.reading).questions()))


def _odds(p: float) -> float:
    return math.log(max(p, 1e-4) / max(1 - p, 1e-4))


def _special(wanted: Mapping[str, float], case: Case) -> dict[str, float]:
    """The plain types with the special ones in their place: among labels that the user names, about a table given."""
    swaps = _ZERO_SHOT if wording.labels(case.reading) else {}
    if "table" in case.given:
        swaps = swaps | {"question-answering": "table-question-answering"}
    return {swaps[name] if swaps.get(name) in case.offered else name: p for name, p in wanted.items()}


def _intents(name: str, p: float, case: Case, found: Hits) -> list[Intent]:
    """The intents of one type, placed where the wording is: one, or one for each aspect or language that it names."""
    intent = locate(name, case.types[name], found, case.weights)
    return each(replace(intent, sure=p > SURE), case.reading)


def _conditioned(intents: list[Intent]) -> list[Intent]:
    """A generation that follows a control image takes the place of the plain one asked for with it."""
    plain = next((intent for intent in intents if intent.type.name == "text-to-image"), None)
    if not plain or not any(control_of(intent.type) for intent in intents):
        return intents
    return [
        replace(intent, start=plain.start, end=plain.end) if control_of(intent.type) else intent
        for intent in intents
        if intent is not plain
    ]
