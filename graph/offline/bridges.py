"""Steps that nobody named but that the rest needs, found by search over the typed task graph.

Speech wanted and only a picture given: image-to-text comes before text-to-speech.
"""

from collections import deque
from collections.abc import Iterable, Mapping

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
