"""Steps that nobody named but that the rest needs, found by search over the typed task graph.

Speech wanted and only a picture given: image-to-text comes before text-to-speech.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from graph.offline import wording
from graph.offline.intents import Intent
from graph.offline.layout import PROMPTED, Source, control_of
from graph.offline.reading import Reading
from tools.tasks import Modality, TaskType

# One step from modality to modality without a question or a prompt of the user's, the most faithful first.
_STEPS = ("image-to-text", "automatic-speech-recognition", "text-to-speech", "text-to-image", "text-to-video")


def path(have: Iterable[Modality], want: Modality, offered: Mapping[str, TaskType]) -> list[TaskType] | None:
    """The shortest chain of offered task types from a modality that there is to the one wanted, or None."""
    steps = [offered[name] for name in _STEPS if name in offered]
    queue: deque[tuple[Modality, list[TaskType]]] = deque((modality, []) for modality in dict.fromkeys(have))
    seen = {modality for modality, _ in queue}
    while queue:
        modality, chain = queue.popleft()
        if modality == want:
            return chain
        for type_ in steps:
            if type_.slots[0].modality == modality and type_.outputs[0] not in seen:
                seen.add(type_.outputs[0])
                queue.append((type_.outputs[0], [*chain, type_]))
    return None


def complete(
    intents: list[Intent], files: Sequence[Source], reading: Reading, offered: Mapping[str, TaskType]
) -> list[Intent]:
    """The intents with the unnamed steps that lead from what is given to what they take."""
    have: list[Modality] = [file.modality for file in files]
    for intent in list(intents):
        for slot in intent.type.required:
            counted = slot.modality not in have and any(
                wording.ordinal(wording.clauses(reading, intent.start, intent.end), kind) is not None for kind in have
            )
            if slot.name in intent.slots or (not counted and _served(intent, slot.modality, intents, have, reading)):
                continue
            for type_ in path(have, slot.modality, offered) or []:
                if type_ not in [other.type for other in intents]:
                    intents.append(Intent(type_, intent.start, intent.start + 1) if counted else Intent(type_))
        drawer = offered.get(control_of(intent.type) or "")
        if drawer and drawer not in [other.type for other in intents]:
            intents.append(Intent(drawer))
    return intents


def _served(
    intent: Intent, want: Modality, intents: Sequence[Intent], have: Sequence[Modality], reading: Reading
) -> bool:
    """Whether a slot of that modality has a source among what is given, said or made."""
    if want == "text" and (reading.quotes or (intent.type.name in PROMPTED and "question" not in intent.slots)):
        return True
    return want in have or any(want in other.type.outputs and other is not intent for other in intents)
