"""From likelihoods to the tasks of a plan: what is asked for, what that needs besides, and what cannot be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graph.offline import wording
from graph.offline.bridges import path
from graph.offline.intents import Hits, Intent, locate, probabilities
from graph.offline.layout import PROMPTED, Source, control_of
from graph.offline.reading import Reading
from graph.offline.weights import Weights
from tools.tasks import Modality, TaskType

THRESHOLD = 0.3  # a type likelier than this is planned: where F1 was best in cross-validation on the training data
SURE = 0.5  # a type likelier than this was asked for, and is not dropped silently
_FAINT = 0.1  # a request whose likeliest type is less likely than this asks for nothing known
_ZERO_SHOT = {
    "text-classification": "zero-shot-classification",
    "image-classification": "zero-shot-image-classification",
    "audio-classification": "zero-shot-audio-classification",
}
_DETAILS = ("image-to-text", "image-classification", "object-detection", "image-segmentation")


@dataclass(frozen=True)
class Selection:
    """The wanted tasks; ``beyond`` are the types asked for that are not offered."""

    intents: list[Intent]
    beyond: list[TaskType]


def select(
    reading: Reading,
    found: Hits,
    files: Sequence[Source],
    types: Mapping[str, TaskType],
    offered: Mapping[str, TaskType],
    weights: Weights,
) -> Selection:
    """Choose among ``types`` what the request asks for, of ``offered`` what will be done."""
    likely = probabilities(reading, found, weights)
    wanted = {name: p for name, p in likely.items() if p > THRESHOLD}
    wanted = wanted or {name: p for name, p in list(likely.items())[:1] if p > _FAINT}
    wanted = _among_labels(wanted, wording.labels(reading), offered)
    if wording.in_detail(reading) and any(file.modality == "image" for file in files):
        wanted |= {name: 1.0 for name in _DETAILS if name in offered}
    intents = [
        intent
        for name, p in wanted.items()
        if name in offered
        for intent in _variants(offered[name], p, reading, found, weights)
    ]
    beyond = [types[name] for name, p in wanted.items() if name not in offered and p > SURE]
    intents = _complete(_conditioned(intents), files, reading, offered)
    return Selection(sorted(intents, key=lambda intent: intent.start), beyond)


def _among_labels(wanted: dict[str, float], labels: Sequence[str], offered: Mapping[str, TaskType]) -> dict[str, float]:
    """Where the user names the classes, classification among them takes the place of the plain one."""
    if not labels:
        return wanted
    return {_ZERO_SHOT.get(name, name) if _ZERO_SHOT.get(name) in offered else name: p for name, p in wanted.items()}


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
