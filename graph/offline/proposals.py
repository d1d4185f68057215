"""Whole plans, compared: the likeliest sets of tasks, each wired in its likeliest ways.

What makes a plan likely as a whole is learned: chains are commoner than forks, a file given is a file to use.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.offline.layout import Layout, Source
from graph.offline.reading import Reading
from graph.offline.selection import Selection
from graph.offline.weights import Weights
from graph.offline.wiring import Wiring, slots, wirings
from tools.tasks import Slot, TaskType
from tools.values import closed

_WIRINGS = 4  # of each set of tasks


@dataclass(frozen=True)
class Proposal:
    """A whole plan, and what is to be said of it as a whole."""

    layout: Layout
    wiring: Wiring
    features: Mapping[str, float]


def propose(
    selections: Sequence[Selection], reading: Reading, files: Sequence[Source], weights: Weights
) -> list[Proposal]:
    """The likeliest plans. None of them lacks a source, but for what an unsure task may lack: that is left out."""
    found = []
    for selection in selections:
        layout, lacking = fillable(Layout(reading, selection.intents, files))
        if layout.intents and not lacking:
            wired = wirings(layout, weights)[:_WIRINGS]
            found += [Proposal(layout, one, _features(layout, one, wired[0].score, selection)) for one in wired]
    return found


def best(proposals: Sequence[Proposal], weights: Weights) -> Proposal | None:
    """The likeliest plan as a whole."""
    return max(proposals, key=lambda one: weights.shape(one.features), default=None)


def fillable(layout: Layout) -> tuple[Layout, tuple[TaskType, Slot] | None]:
    """The layout without the unsure tasks that lack a source, and what a sure one lacks."""
    lacking = None
    for task, intent in enumerate(layout.intents):
        unsaid = [slot for slot in intent.type.required if closed(slot.schema) and slot.name not in intent.slots]
        lacking = lacking or ((intent.type, unsaid[0]) if unsaid else None)
        for modality, needed in slots(layout, task).items():
            if len(layout.sources(task, modality)) >= len(needed):
                continue
            if not intent.sure:
                rest = [other for other in layout.intents if other is not intent]
                return fillable(Layout(layout.reading, rest, layout.files))
            lacking = lacking or (intent.type, needed[0])
    return layout, lacking


def unfilled(proposal: Proposal) -> tuple[TaskType, Slot] | None:
    """The first slot that nothing but the task's own result could fill."""
    for task, modality, sources in proposal.wiring.fills:
        needed = slots(proposal.layout, task)[modality]
        if len(sources) < len(needed):
            return proposal.layout.intents[task].type, needed[len(sources)]
    return None


def _features(layout: Layout, wiring: Wiring, top: float, selection: Selection) -> dict[str, float]:
    """What a whole plan looks like, beside how likely its tasks are, and its links absolutely and beside the best."""
    edges, count = wiring.edges(), len(layout.intents)
    used, fed = Counter(source for source, _ in edges), {target for _, target in edges}
    found: Counter[str] = Counter()
    for task, intent in enumerate(layout.intents):
        name = intent.type.name
        kinds = {
            "loose": not used[task] and layout.rank[task] < count - 1,
            "end": not used[task],
            "start": task not in fed,
            "alone": not used[task] and task not in fed and count > 1,
            "fork": used[task] > 1,
        }
        found[f"has {name}"] = 1
        found.update(key for kind, holds in kinds.items() if holds for key in (kind, f"{kind} {name}"))
    taken = Counter(source for _, _, sources in wiring.fills for source in sources if source.kind in ("file", "quote"))
    found["file unused"] = sum(source not in taken for source in layout.files)
    found["quote unused"] = sum(source not in taken for source in layout.quotes)
    for source, times in taken.items():
        found[f"{source.kind} again"] += times - 1
    for source_task, target in edges:
        gap = layout.rank[target] - layout.rank[source_task]
        found["back" if gap < 0 else "next" if gap == 1 else "far"] += 1
    found["path"] = int(len(edges) == count - 1 and max(used.values(), default=0) <= 1 and len(fed) == count - 1)
    found["empty"] = sum(not sources for _, _, sources in wiring.fills)
    return {
        "odds": selection.odds,
        "links": wiring.score,
        "lead": wiring.score - top,
        "tasks": selection.added,
        **found,
    }
