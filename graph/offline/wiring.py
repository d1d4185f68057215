"""What fills every slot, chosen jointly: the likeliest wiring without a cycle, by a beam over the slots."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from graph.offline.intents import PROMPTED
from graph.offline.layout import Layout, Source
from graph.offline.links import features
from graph.offline.weights import Weights
from tools.tasks import Slot
from tools.values import closed

BEAM = 12
_UNFILLED = -50.0  # log-probability of leaving a slot empty: only where all else makes a cycle
_ASKED = {"question", "query"}
_OWN_WORDS = PROMPTED | {"question-answering", "text-ranking"}


@dataclass(frozen=True)
class Wiring:
    """For each slot, by task number and name, what fills it; ``score`` is the sum of the log-probabilities."""

    score: float
    fills: tuple[tuple[int, Slot, tuple[Source, ...]], ...] = ()

    def edges(self) -> set[tuple[int, int]]:
        """The pairs (source task, target task)."""
        return {(source.task, task) for task, _, sources in self.fills for source in sources if source.task >= 0}


def slots(layout: Layout, task: int) -> list[Slot]:
    """The slots of a task that must be filled and that its wording does not fill; what is asked is filled last."""
    intent = layout.intents[task]
    filled = {*intent.slots, "labels"}  # nothing but the user's wording names classes
    empty = [slot for slot in intent.type.required if slot.name not in filled and not closed(slot.schema)]
    return sorted(empty, key=lambda slot: slot.name in _ASKED)


def wiring(layout: Layout, weights: Weights) -> Wiring:
    """The likeliest acyclic wiring."""
    beam = [Wiring(0.0)]
    for task in sorted(layout.rank, key=layout.rank.__getitem__):
        for slot in slots(layout, task):
            grown = [
                Wiring(partial.score + score, (*partial.fills, (task, slot, chosen)))
                for partial in beam
                for score, chosen in _options(layout, task, slot, partial, weights)
            ]
            beam = sorted(
                (candidate for candidate in grown if _acyclic(candidate.edges())),
                key=lambda candidate: -candidate.score,
            )[:BEAM]
    return beam[0]


def candidates(layout: Layout, task: int, slot: Slot) -> list[Source]:
    """What may fill a slot: a question or a prompt is in the user's own words, anything else was given or made."""
    own = slot.name in _ASKED or (layout.intents[task].type.name in _OWN_WORDS and slot.name == "text")
    return layout.sources(task, slot.modality, own_words=own)


def _options(
    layout: Layout, task: int, slot: Slot, so_far: Wiring, weights: Weights
) -> Iterator[tuple[float, tuple[Source, ...]]]:
    """The ways to fill one slot, each with its log-probability."""
    used = {source for other, _, sources in so_far.fills if other == task for source in sources}
    sources = [source for source in candidates(layout, task, slot) if source not in used]
    if slot.many:
        given = [[source for source in sources if source.kind == kind] for kind in ("file", "quote")]
        yield 0.0, tuple(given[0] or given[1] or sources[:1])
        return
    scores = [weights.link(features(layout, task, slot.name, slot.modality, source)) for source in sources]
    total = math.log(sum(math.exp(score - max(scores)) for score in scores)) + max(scores) if scores else 0.0
    for number in sorted(range(len(sources)), key=lambda number: -scores[number])[:BEAM]:
        yield scores[number] - total, (sources[number],)
    if not sources or any(source.task >= 0 for source in sources):
        yield _UNFILLED, ()


def _acyclic(edges: set[tuple[int, int]]) -> bool:
    """Whether the edges can all be undone from tasks that wait for nothing."""
    while edges:
        targets = {target for _, target in edges}
        rest = {edge for edge in edges if edge[0] in targets}
        if len(rest) == len(edges):
            return False
        edges = rest
    return True
