"""What fills every slot, chosen jointly: the likeliest wirings without a cycle, by a beam over the slots."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from graph.offline.layout import VERDICTS, Layout, Source
from graph.offline.links import features
from graph.offline.weights import Weights
from tools.tasks import Modality, Slot
from tools.values import closed

BEAM = 12
_UNFILLED = -50.0  # log-probability of leaving a slot empty: only where all else makes a cycle


@dataclass(frozen=True)
class Wiring:
    """For each task, by number, what fills its slots; ``score`` is the sum of the log-probabilities."""

    score: float
    fills: tuple[tuple[int, Modality, tuple[Source, ...]], ...] = ()

    def edges(self) -> set[tuple[int, int]]:
        """The pairs (source task, target task)."""
        return {(source.task, task) for task, _, sources in self.fills for source in sources if source.task >= 0}


def slots(layout: Layout, task: int) -> dict[Modality, list[Slot]]:
    """The slots of a task that must be filled and that its wording does not fill, by modality."""
    intent = layout.intents[task]
    groups: dict[Modality, list[Slot]] = {}
    for slot in intent.type.required:
        if slot.name not in intent.slots and not closed(slot.schema):  # what nothing but the user could say
            groups.setdefault(slot.modality, []).append(slot)
    return groups


def wirings(layout: Layout, weights: Weights) -> list[Wiring]:
    """The likeliest acyclic wirings by their links alone, best first."""
    beam = [Wiring(0.0)]
    for task in sorted(layout.rank, key=layout.rank.__getitem__):
        for modality, group in slots(layout, task).items():
            options = list(_options(layout, task, modality, len(group), weights))
            grown = sorted(
                (
                    Wiring(one.score + score, (*one.fills, (task, modality, chosen)))
                    for one in beam
                    for score, chosen in options
                ),
                key=lambda wiring: -wiring.score,
            )
            beam = list(_first(BEAM, (wiring for wiring in grown if _acyclic(wiring.edges()))))
    return beam


def _options(
    layout: Layout, task: int, modality: Modality, count: int, weights: Weights
) -> Iterator[tuple[float, tuple[Source, ...]]]:
    """The ways to fill ``count`` slots of one modality, each with its log-probability."""
    sources = layout.sources(task, modality)
    if count == 1:
        sources = _judged_words(layout, task, sources) or sources
    scores = [weights.link(features(layout, task, modality, source)) for source in sources]
    total = math.log(sum(math.exp(score - max(scores)) for score in scores)) + max(scores) if scores else 0.0
    chosen = sorted(range(len(sources)), key=lambda number: -scores[number])[:BEAM]
    for group in combinations(chosen, min(count, len(chosen))):
        yield sum(scores[number] - total for number in group), tuple(sources[number] for number in sorted(group))
    if any(source.task >= 0 for source in sources):
        yield _UNFILLED, ()


def _judged_words(layout: Layout, task: int, sources: Sequence[Source]) -> list[Source]:
    """The quoted text after the wording of a verdict: "is the tone of 'so glad' positive" judges those words alone."""
    if layout.intents[task].type.name not in VERDICTS or not layout.tells(task):
        return []
    window = range(layout.at[task], layout.at[task] + len(layout.windows[task]) + 2)
    return [source for source in sources if source.kind == "quote" and source.start in window][:1]


def _first(count: int, items: Iterator[Wiring]) -> Iterator[Wiring]:
    return (item for _, item in zip(range(count), items, strict=False))


def _acyclic(edges: set[tuple[int, int]]) -> bool:
    """Whether the edges can all be undone from tasks that wait for nothing."""
    while edges:
        targets = {target for _, target in edges}
        rest = {edge for edge in edges if edge[0] in targets}
        if len(rest) == len(edges):
            return False
        edges = rest
    return True
