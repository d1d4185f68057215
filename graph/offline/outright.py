"""What a request asks for outright: in everyday words, or by wanting all there is to say of a picture."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from graph.offline import wording
from graph.offline.case import Case
from graph.offline.everyday import asked
from graph.offline.intents import Hits, Intent, cues_for, hits, probabilities
from graph.offline.options import Told, arguments, told
from graph.offline.reading import Reading
from tools import extras
from tools.tasks import TASKS, TaskType

SURE = 0.5  # a type likelier than this was asked for, and is not dropped silently
_VERB = re.compile(
    r"\b(?:detect|find|show|draw|extract|trace|get|give|make|create|count)\w*(?: me)?(?: its| the| all)*\s+$"
)
_DETAILS = ("image-to-text", "image-classification", "object-detection", "image-segmentation")


@dataclass(frozen=True)
class Outright:
    """The intents that were told, and what the rest of the request says: its cues, and how likely each type is."""

    told: list[Intent]
    found: Hits
    likely: Mapping[str, float]


def outright(case: Case, found: Hits) -> Outright:
    """Take what is asked for outright out of a request. A type that is learned to be wanted anyway is left to that."""
    likely = probabilities(case.reading, found, case.weights)
    clear = {name for name, p in likely.items() if p > SURE and name in case.offered and name in case.weights.types}
    made = {modality for name in clear for modality in case.types[name].outputs}
    clear = {name for name in clear if case.suits(case.types[name]) or case.types[name].slots[0].modality in made}
    own = _own(case, found)
    phrases = [intent for intent in asked(case) if not any(_within(intent, begin, end) for begin, end in own)]
    phrases = [intent for intent in phrases if not _clear(intent, clear, case, found)]
    times = Counter(intent.type.name for intent in phrases)
    everyday = [intent for intent in phrases if intent.type.name not in clear or times[intent.type.name] > 1]
    found, rest = _explained(case, found, own, everyday)
    likely = probabilities(rest, found, case.weights)
    everyday += [one for one in phrases if one not in everyday and likely[one.type.name] <= SURE]
    told = [*_detailed(case), *(one for intent in everyday for one in each(intent, case.reading))]
    return Outright(told, found, likely)


def _clear(intent: Intent, clear: Collection[str], case: Case, found: Hits) -> bool:
    """Whether a wording is part of one that speaks, as learned, for another type, which is wanted anyway."""
    return any(
        match.start() < intent.end and intent.start < match.end() and len(match[0]) >= intent.end - intent.start
        for name in clear
        if name != intent.type.name
        for match in cues_for(name, found, case.weights)
    )


def each(intent: Intent, reading: Reading) -> list[Intent]:
    """The intent once for each task that its wording asks for: each aspect or language that it names."""
    if intent.slots:
        return [intent]
    variants = wording.variants(intent.type, reading, (intent.start, intent.end))
    exact = arguments(intent.type, options(intent.type, reading, intent.start))
    return [_at(replace(intent, slots={**slots, **exact}), wording.place(slots, reading)) for slots in variants]


def options(type_: TaskType, reading: Reading, at: int) -> list[Told]:
    """What is said of the options of a type that the owner added; of all others the wordings are known."""
    return told(type_, reading, at) if type_.name in extras.entries() else []


def _at(intent: Intent, position: int) -> Intent:
    return intent if position < 0 else replace(intent, start=position, end=position + 1)


def _own(case: Case, found: Hits) -> list[tuple[int, int]]:
    """Where the types that the owner added are asked for: their words, their options, and what their purposes name."""
    spans: list[tuple[int, int]] = []
    for name in extras.entries().keys() & case.offered.keys():
        type_, matches = case.offered[name], [match for match in found[name] if match]
        spans += [match.span() for match in matches]
        for match in matches[:1]:
            spans += [(one.start, one.end) for one in options(type_, case.reading, match.start())]
            named = re.compile("|".join(rf"\b{word}\b" for word in re.findall(r"[a-z]{4,}", type_.purpose)) or r"\0")
            spans += [each.span() for each in named.finditer(case.reading.plain, *case.reading.clause(match.start()))]
    return spans


def _within(intent: Intent, begin: int, end: int) -> bool:
    return intent.start < end and begin < intent.end


def _explained(
    case: Case, found: Hits, own: Sequence[tuple[int, int]], everyday: Sequence[Intent]
) -> tuple[Hits, Reading]:
    """The cues, and the reading, that are left without what asks for something special.

    "Detect the edges" detects nothing. That is everyday phrases, control images, and the types that the owner added.
    """
    if everyday:
        case = replace(case, reading=_without([(intent.start, intent.end) for intent in everyday], case.reading))
        found = hits(case.reading, case.types)
    if own:
        core = {name: type_ for name, type_ in TASKS.items() if name not in extras.entries()}
        found = {**found, **hits(_without(own, case.reading), core)}
    controls = [name for name in case.offered if name.endswith("-control")]
    spans = [*own, *(match.span() for name in controls for match in found[name] if match)]
    if not spans:
        return found, case.reading
    learned = {name: type_ for name, type_ in TASKS.items() if name in case.weights.types}
    rest = _without(spans, case.reading)
    return {**found, **hits(rest, learned)}, rest


def _without(spans: Sequence[tuple[int, int]], reading: Reading) -> Reading:
    """The reading with these wordings blanked, and the verb before each."""
    plain = reading.plain
    for begin, end in spans:
        start = next((verb.start() for verb in _VERB.finditer(plain, 0, begin)), begin)
        plain = plain[:start] + " " * (end - start) + plain[end:]
    return replace(reading, plain=plain)


def _detailed(case: Case) -> list[Intent]:
    """Where the user wants all there is to say of a picture: every task that says something of one, side by side."""
    if not wording.in_detail(case.reading):
        return []
    names = [name for name in _DETAILS if name in case.offered]
    images = [file for file in case.files if file.modality == "image"]
    return [Intent(case.offered[name], slots={"image": file.value}, sure=True) for file in images for name in names]
