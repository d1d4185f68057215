"""From likelihoods to the tasks of a plan: what is asked for, what that needs besides, and what cannot be done."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graph.offline import wording
from graph.offline.bridges import path
from graph.offline.intents import Hits, Intent, cues_in, hits, locate, probabilities
from graph.offline.layout import PROMPTED, Source, control_of
from graph.offline.reading import Reading
from graph.offline.weights import Weights
from tools import extras
from tools.tasks import TASKS, Modality, TaskType

THRESHOLD = 0.3  # a type likelier than this is planned: where F1 was best in cross-validation on the training data
SURE = 0.5  # a type likelier than this was asked for, and is not dropped silently
_FAINT = 0.1  # a request whose likeliest type is less likely than this asks for nothing known
_FAINTER = 0.05  # the same where a file is given: then something is wanted of it
_POSSIBLE, _CERTAIN, _BORDER = 0.08, 0.75, 3  # types between these may be added or left out, three of each at most
_ZERO_SHOT = {
    "text-classification": "zero-shot-classification",
    "image-classification": "zero-shot-image-classification",
    "audio-classification": "zero-shot-audio-classification",
}
_VERB = re.compile(
    r"\b(?:detect|find|show|draw|extract|trace|get|give|make|create|count)\w*(?: me)?(?: its| the| all)*\s+$"
)
_DETAILS = ("image-to-text", "image-classification", "object-detection", "image-segmentation")


@dataclass(frozen=True)
class Selection:
    """A set of wanted tasks; ``beyond`` are the types asked for that are not offered.

    ``odds`` is the set's log-odds, and ``added`` its number of types, beside those of the first choice.
    """

    intents: list[Intent]
    beyond: list[TaskType]
    odds: float = 0.0
    added: int = 0


def select(
    reading: Reading,
    found: Hits,
    files: Sequence[Source],
    types: Mapping[str, TaskType],
    offered: Mapping[str, TaskType],
    weights: Weights,
) -> list[Selection]:
    """Choose among ``types`` what the request asks for, of ``offered`` what will be done: the likeliest sets."""
    found = _explained(reading, found, offered, weights)
    likely = probabilities(reading, found, weights)
    detailed = _detailed(reading, files, offered)
    told = {intent.type.name for intent in detailed}

    def selection(names: Sequence[str], first: Sequence[str]) -> Selection:
        wanted = _special({name: likely[name] for name in names}, reading, files, offered)
        intents = detailed + [
            intent
            for name, p in wanted.items()
            if name in offered and name not in told
            for intent in _variants(offered[name], p, reading, found, weights)
        ]
        intents = _complete(_conditioned(intents), files, reading, offered)
        beyond = [types[name] for name, p in wanted.items() if name not in offered and p > SURE]
        odds = sum(map(_odds, map(likely.__getitem__, names))) - sum(map(_odds, map(likely.__getitem__, first)))
        return Selection(sorted(intents, key=lambda intent: intent.start), beyond, odds, len(names) - len(first))

    sets = _sets(likely, found, offered, weights, SURE if detailed else THRESHOLD, _FAINTER if files else _FAINT)
    return [selection(names, sets[0]) for names in sets]


def _sets(
    likely: Mapping[str, float],
    found: Hits,
    offered: Mapping[str, TaskType],
    weights: Weights,
    threshold: float,
    faint: float,
) -> list[list[str]]:
    """The types that are likely enough; and that set with one borderline type more, or one less.

    A type with a decisive cue is never left out, one asked for in the task table's own words less readily.
    """
    decided = {cue.partition(".")[0] for cue in weights.decisive & set(cues_in(found))}
    asked = {name for name in decided if found[name][0] and likely[name] > _POSSIBLE}
    first = [name for name, p in likely.items() if p > threshold or name in asked]
    first = first or [name for name, p in list(likely.items())[:1] if p > faint]
    learned = [name for name in likely if name in offered and name in weights.types]
    more = [name for name in learned if name not in first and likely[name] > _POSSIBLE][:_BORDER]
    less = [name for name in learned if name in first and name not in decided]
    less = [name for name in less if likely[name] < (SURE if found[name][0] else _CERTAIN)]
    less = less[-_BORDER:] if len(first) > 1 else []
    return [first, *([*first, name] for name in more), *([kept for kept in first if kept != name] for name in less)]


def _odds(p: float) -> float:
    return math.log(max(p, 1e-4) / max(1 - p, 1e-4))


def _explained(reading: Reading, found: Hits, offered: Mapping[str, TaskType], weights: Weights) -> Hits:
    """The cues that are left when those are blanked that ask for something special: "detect the edges" detects nothing.

    That is control images, and the task types that the owner added.
    """
    added = extras.entries()
    special = [name for name in offered if name.endswith("-control") or name in added]
    matches = [match for name in special for match in found[name] if match]
    if not matches:
        return found
    plain = reading.plain
    for match in matches:
        start = next((verb.start() for verb in _VERB.finditer(plain, 0, match.start())), match.start())
        plain = plain[:start] + "_" * (match.end() - start) + plain[match.end() :]
    learned = {name: type_ for name, type_ in TASKS.items() if name in weights.types}
    return {**found, **hits(replace(reading, plain=plain), learned)}


def _detailed(reading: Reading, files: Sequence[Source], offered: Mapping[str, TaskType]) -> list[Intent]:
    """Where the user wants all there is to say of a picture: every task that says something of one, side by side."""
    if not wording.in_detail(reading):
        return []
    names = [name for name in _DETAILS if name in offered]
    images = [file for file in files if file.modality == "image"]
    return [Intent(offered[name], slots={"image": file.value}, sure=True) for file in images for name in names]


def _special(
    wanted: Mapping[str, float], reading: Reading, files: Sequence[Source], offered: Mapping[str, TaskType]
) -> dict[str, float]:
    """The plain types with the special ones in their place: among labels that the user names, about a table given."""
    swaps = _ZERO_SHOT if wording.labels(reading) else {}
    if any(file.modality == "table" for file in files):
        swaps = swaps | {"question-answering": "table-question-answering"}
    return {swaps[name] if swaps.get(name) in offered else name: p for name, p in wanted.items()}


def _variants(type_: TaskType, p: float, reading: Reading, found: Hits, weights: Weights) -> list[Intent]:
    """The intents of one type: one, or one for each aspect or language that the wording names."""
    intent = replace(locate(type_.name, type_, found, weights), sure=p > SURE)
    told = wording.variants(type_, reading)
    return [_at(replace(intent, slots=slots), wording.place(slots, reading)) for slots in told]


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


def _at(intent: Intent, position: int) -> Intent:
    return intent if position < 0 else replace(intent, start=position, end=position + 1)


def _complete(
    intents: list[Intent], files: Sequence[Source], reading: Reading, offered: Mapping[str, TaskType]
) -> list[Intent]:
    """The intents with the unnamed steps that lead from what is given to what they take."""
    have: list[Modality] = [file.modality for file in files]
    for intent in list(intents):
        for slot in intent.type.required:
            if slot.name in intent.slots or _served(intent, slot.modality, intents, have, reading):
                continue
            for type_ in path(have, slot.modality, offered) or []:
                if type_ not in [other.type for other in intents]:
                    intents.append(Intent(type_))
        drawer = offered.get(control_of(intent.type) or "")
        if drawer and drawer not in [other.type for other in intents]:
            intents.append(Intent(drawer))
    return intents


def _served(
    intent: Intent, want: Modality, intents: Sequence[Intent], have: Sequence[Modality], reading: Reading
) -> bool:
    """Whether a slot of that modality has a source among what is given, said or made."""
    if want == "text" and (reading.quotes or intent.type.name in PROMPTED):
        return True
    return want in have or any(want in other.type.outputs and other is not intent for other in intents)
