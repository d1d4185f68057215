"""Which task types a request asks for, and where in the text it does."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

from graph.offline.cues import CUES, patterns
from graph.offline.reading import Reading
from graph.offline.weights import Features, Weights
from tools.files.resources import modality
from tools.tasks import MODALITIES, TaskType

_UNLEARNED = 0.9  # the probability of a type that only the task table's words tell, where one of them stands

_TOKEN = re.compile(r"_+|[a-z][\w'-]*|\?")


@dataclass(frozen=True)
class Intent:
    """A task type that is asked for; ``start`` to ``end`` is the wording that says so, -1 where none does.

    ``slots`` holds what that wording itself tells, such as the aspect of a classification. A task that is not
    ``sure`` may be left out where it lacks something.
    """

    type: TaskType
    start: int = -1
    end: int = -1
    slots: Mapping[str, Any] = field(default_factory=dict)
    sure: bool = False


Hits = Mapping[str, Sequence[re.Match[str] | None]]


def hits(reading: Reading, types: Mapping[str, TaskType]) -> Hits:
    """For each type the first match of each of its cues, or None."""
    return {name: [cue.search(reading.plain) for cue in patterns(name, type_.words)] for name, type_ in types.items()}


def cues_in(found: Hits) -> Iterator[str]:
    """The names of the cues that stand in the request."""
    for name in CUES:
        for number, match in enumerate(found.get(name, ())):
            if match:
                yield f"{name}.{number}"


def cues_for(name: str, found: Hits, weights: Weights) -> Iterator[re.Match[str]]:
    """The places that speak, as learned, for a type."""
    return (match for number, match in enumerate(found[name]) if match and weights.cue(name, number) > 0)


def features(reading: Reading, found: Hits) -> Features:
    """What the intent model sees of a request: its cues and pairs of cued types, its files, its words.

    The cues' values are scales: the larger, the less the regularised training shrinks the weight.
    """
    cues = {"bias": 1.0}
    given = [kind for kind in MODALITIES if kind in reading.given]
    for cue in cues_in(found):
        cues[cue] = 0.3
        cues |= {f"{cue}|{kind}": 0.2 for kind in given if kind in ("image", "audio")}
    cued = [name for name in CUES if any(found.get(name, ()))]
    cues |= {f"{one}&{two}": 0.2 for one, two in combinations(cued, 2)}
    for kind in given:
        cues |= {f"file|{kind}": 0.3, f"files|{kind}": 0.3 * min(reading.given.count(kind), 2)}
    cues["quotes"] = 0.3 * min(len(reading.quotes), 2)
    stems = list(_stems(reading))
    return Features(cues, frozenset([*stems, *(f"{one} {two}" for one, two in pairwise(stems))]))


def _stems(reading: Reading) -> Iterator[str]:
    """The request's words cut to four letters, data replaced by what kind of data it is."""
    kinds = {mention.start: f"FILE {modality(mention.text)}" for mention in reading.mentions}
    kinds |= {quote.start: "QUESTION" if quote.text.endswith("?") else "QUOTE" for quote in reading.quotes}
    for match in _TOKEN.finditer(reading.plain):
        yield match[0][:4] if match[0][0] != "_" else kinds.get(match.start(), "DATA")


def probabilities(reading: Reading, found: Hits, weights: Weights) -> dict[str, float]:
    """How likely the request asks for each type, likeliest first."""
    odds = weights.log_odds(features(reading, found))
    known = {name: 1 / (1 + math.exp(-odds[name])) if name in odds else _told(name, found) for name in found}
    return dict(sorted(known.items(), key=lambda item: -item[1]))


def _told(name: str, found: Hits) -> float:
    """The probability of a type of which nothing was learned: whether its words stand, not within a longer hit."""
    match = found[name][0]
    if not match:
        return 0.0
    rivals = (other[0].span() for rival, other in found.items() if other[0] and rival != name)
    within = any(
        start <= match.start() and match.end() <= end and (start, end) != match.span() for start, end in rivals
    )
    return 0.0 if within else _UNLEARNED


def locate(name: str, type_: TaskType, found: Hits, weights: Weights) -> Intent:
    """The intent of a type, placed where its strongest cue stands."""
    cues = [(weights.cue(name, number), match) for number, match in enumerate(found[name]) if match]
    if not cues:
        return Intent(type_)
    match = max(cues, key=lambda cue: cue[0])[1]
    return Intent(type_, match.start(), match.end())
