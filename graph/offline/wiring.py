"""Fills the slots of the tasks asked for, and inserts the steps between that nobody named.

Sources of a slot are files, texts of the request and outputs of earlier tasks. Where a slot has none of its
modality, a breadth-first search over the typed task graph finds the shortest way there: speech wanted, a
picture given: image-to-text first.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graph.offline.intents import Intent
from graph.offline.reading import Reading
from tools.tasks import TASKS, Modality, Slot, TaskType

_REFERS_BACK = re.compile(
    r"\b(?:it|its|that|this|them|those|results?|output"
    r"|the (?:summary|translation|caption|description|transcript|answer))\b"
)
_LABELLING = {name for name in TASKS if name.endswith(("classification", "similarity", "extraction", "detection"))}
_BRIDGES = ("image-to-text", "automatic-speech-recognition", "text-to-image", "text-to-speech")


@dataclass(frozen=True)
class Source:
    """Something that can fill a slot: a file, a text of the request, or (``step``) the output of a step."""

    modality: Modality
    value: str = ""
    position: int = -1
    step: int | None = None


@dataclass
class Step:
    """A task in the making."""

    type: TaskType
    position: int
    fills: dict[str, Source] = field(default_factory=dict)


class Missing(Exception):
    """No source, and no way to one, for a slot that must be filled."""

    def __init__(self, type_: TaskType, slot: Slot) -> None:
        super().__init__(type_.name, slot.name)
        self.type, self.slot = type_, slot


class Wiring:
    """The steps of one request, grown intent by intent."""

    def __init__(self, reading: Reading, sources: Sequence[Source], offered: Mapping[str, TaskType]) -> None:
        self.reading, self.sources, self.offered = reading, sources, offered
        self.steps: list[Step] = []

    def try_add(self, intent: Intent) -> Missing | None:
        """Add the step of an intent; return what it lacks where it cannot be filled, and add nothing."""
        before = len(self.steps)
        try:
            self.add(intent)
        except Missing as missing:
            del self.steps[before:]
            return missing
        return None

    def add(self, intent: Intent) -> int:
        """Add the step of an intent, and before it the steps it takes to fill its slots; return its index."""
        step = Step(intent.type, intent.position)
        step.fills.update({name: Source("text", value, intent.position) for name, value in intent.slots.items()})
        for slot in intent.type.required:
            if slot.name not in step.fills:
                step.fills[slot.name] = self._fill(step, slot)
        self.steps.append(step)
        return len(self.steps) - 1

    def _fill(self, step: Step, slot: Slot) -> Source:
        used = [source for source in step.fills.values() if source.step is None]
        found = [source for source in self._candidates(slot.modality) if source not in used]
        if found:
            return max(found, key=lambda source: self._score(step, source))
        return self._bridge(step, slot)

    def _candidates(self, modality: Modality) -> Iterator[Source]:
        yield from (source for source in self.sources if source.modality == modality)
        for index, step in enumerate(self.steps):
            if modality in step.type.outputs[:1]:
                yield Source(modality, position=step.position, step=index)

    def _score(self, step: Step, source: Source) -> float:
        clause = self.reading.clause(step.position)
        same_clause = source.position >= 0 and self.reading.clause(source.position) == clause
        if source.step is None:
            return 1.0 + 2.0 * same_clause
        if source.modality == "text" and self.steps[source.step].type.name in _LABELLING:
            return -1.0
        back = bool(_REFERS_BACK.search(self._clause_text(clause)))
        return 0.5 + 1.5 * back + 0.1 * source.step

    def _clause_text(self, clause: int) -> str:
        edges = [0, *self.reading.breaks, len(self.reading.plain)]
        return self.reading.plain[edges[clause] : edges[clause + 1]]

    def _bridge(self, step: Step, slot: Slot) -> Source:
        """Insert the shortest chain of tasks from what there is to the slot's modality."""
        have = {source.modality: source for source in self.sources}
        for index, made in enumerate(self.steps):
            have.setdefault(made.type.outputs[0], Source(made.type.outputs[0], position=made.position, step=index))
        chain = path(set(have), slot.modality, self.offered) if have else None
        if chain is None:
            raise Missing(step.type, slot)
        for type_ in chain:
            index = self.add(Intent(type_, step.position))
        return Source(slot.modality, position=step.position, step=index)


def path(have: set[Modality], want: Modality, offered: Mapping[str, TaskType]) -> list[TaskType] | None:
    """The shortest chain of one-input task types from a modality that there is to the one wanted."""
    edges = [offered[name] for name in _BRIDGES if name in offered]
    queue: deque[tuple[Modality, list[TaskType]]] = deque((modality, []) for modality in sorted(have))
    seen = set(have)
    while queue:
        modality, chain = queue.popleft()
        if modality == want:
            return chain
        for type_ in edges:
            if type_.slots[0].modality == modality and type_.outputs[0] not in seen:
                seen.add(type_.outputs[0])
                queue.append((type_.outputs[0], [*chain, type_]))
    return None
