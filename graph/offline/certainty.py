"""How sure a plan is: the signs that tell it, weighed as training found right on requests kept from it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.offline.hearing import Hearing
from graph.offline.parts import asking
from graph.offline.understanding import Understood
from graph.state import Task

_LEAST = 1e-6


@dataclass(frozen=True)
class Planned:
    """A plan with all that led to it: what was ``heard``, the likeliest sets of wishes as they are ``ranked``, the set
    that was planned with what single parts of the request added to it (``whole``), and its ``wiring``'s
    log-probability. ``meant`` where the meaning of the request was taken as well as its words."""

    heard: Hearing
    ranked: Sequence[Understood]
    whole: Understood
    tasks: Sequence[Task]
    wiring: float
    meant: bool


def signs(planned: Planned) -> dict[str, float]:
    """What speaks for a plan and against it."""
    heard, wishes = planned.heard, len(planned.whole.intents)
    parts = len(asking(heard.reading))
    clues = {
        "always": 1.0,
        "heard": _log(heard.choices[0].probability, 1e-3),
        "rival": _log(planned.ranked[1].probability if len(planned.ranked) > 1 else 0.0, 1e-6),
        "several": float(wishes > 1),
        "three": float(wishes > 2),
        "files": float(len(heard.files) > 1),
        "long": min(len(heard.reading.words), 60) / 20,
        "more than asked": float(min(max(wishes - parts, 0), 3)),
        "added": float(len(planned.whole.wishes) > len(planned.ranked[0].wishes)),
        "wiring": max(planned.wiring, -4.0),
        "unused": float(min(len(_unused(heard.files, planned.tasks)), 2)),
    }
    return {f"{name} {planned.meant}": value for name, value in clues.items()}


def _log(probability: float, least: float) -> float:
    return math.log(max(probability, least))


def _unused(files: Sequence[str], tasks: Sequence[Task]) -> list[str]:
    """The files that no task takes."""
    taken = {str(item) for task in tasks for item in _items(task.args)}
    return [file for file in files if file not in taken]


def _items(args: Mapping[str, object]) -> list[object]:
    return [item for value in args.values() for item in (value if isinstance(value, list) else [value])]
