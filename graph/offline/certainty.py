"""How sure a plan is: the signs that tell it, weighed as training found right on requests kept from it."""

import math
from collections.abc import Sequence

from graph.offline.hearing import Hearing
from graph.offline.parts import asking
from graph.offline.understanding import Understood, Unmet


def signs(
    heard: Hearing,
    ranked: Sequence[Understood],
    chosen: Understood,
    unmet: Sequence[Unmet],
    wiring: float,
    *,
    meant: bool,
) -> dict[str, float]:
    """What speaks for the plan of what is ``chosen``, and against it.

    That is the first of the ``ranked`` sets of wishes, with what single parts of the request added to it;
    ``unmet`` are the parts of the request that ask for something else, ``wiring`` is the wiring's log-probability;
    ``meant`` where the meaning of the request counted as well as its words.
    """
    wishes = len(chosen.intents)
    parts = len(asking(heard.reading))
    clues = {
        "always": 1.0,
        "heard": _log(heard.choices[0].probability, 1e-3),
        "rival": _log(ranked[1].probability if len(ranked) > 1 else 0.0, 1e-6),
        "several": float(wishes > 1),
        "long": min(len(heard.reading.words), 60) / 20,
        "more than asked": float(min(max(wishes - parts, 0), 3)),
        "added": float(len(chosen.wishes) > len(ranked[0].wishes)),
        "something else": float(sum(part.unclear for part in unmet)),
        "wiring": max(wiring, -4.0),
    }
    return {f"{name} {meant}": value for name, value in clues.items()}


def _log(probability: float, least: float) -> float:
    return math.log(max(probability, least))
