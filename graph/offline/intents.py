"""What a request asks for: the likeliest sets of wishes, and where in the text each of them is said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.offline.features import called, features
from graph.offline.listing import labels
from graph.offline.meaning import Meaning
from graph.offline.reading import Reading, kinds
from graph.offline.weights import Array, Weights
from graph.planning.files import takes
from tools.tasks import MODALITIES, TASKS, TaskType

OUTCOMES = ("CHAT", "ASK", "REFUSE")
_PHRASED = 9.0  # log-odds of a type that was never learned where one of its phrases stands, and without it against it
_UNLIKELY = -4.0  # log-odds below which a wish is not tried in sets that nobody had
_RANKED, _BEST = 60, 6  # sets that are compared; sets, and types, that are combined to sets that nobody had
_BESIDE = 0.4  # how much the words count beside the meaning, where an encoder tells it
_NAMED = 0.3  # how much the usual sets of wishes count for people who name their files: they ask for more at once
PROMPTED = {
    name
    for name in TASKS
    if name.startswith("text-to-") or name.endswith("text-to-image") or name in {
        "conversational", "text-generation", "text2text-generation", "image-editing", "image-to-image",
        "image-text-to-text", "visual-question-answering", "document-question-answering", "table-question-answering",
    }
} - {"text-to-speech"}  # fmt: skip
"""Types whose text slot takes the user's own words: a message, a question, an instruction or a description."""


@dataclass(frozen=True)
class Intent:
    """A task type that is asked for; ``start`` to ``end`` is the wording that says so, -1 where none does.

    ``slots`` holds what that wording itself tells, such as the aspect of a classification.
    """

    type: TaskType
    start: int = -1
    end: int = -1
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A set of wishes, by their names in ``Weights.types``, and how likely it is what was asked for."""

    wishes: tuple[str, ...]
    probability: float


@dataclass(frozen=True)
class Evidence:
    """What speaks for each wish: in all (``total``), and by word (words x wishes)."""

    names: tuple[str, ...]
    total: Array
    by_word: Array

    def of(self, name: str) -> float:
        """The log-odds that a wish was uttered."""
        return float(self.total[self.names.index(name)])


def evidence(reading: Reading, files: Sequence[str], weights: Weights, meaning: Meaning | None) -> Evidence:
    """What speaks for each wish: learned from words, files and, with an encoder, the meaning of the request.

    A type that was never learned, such as one that the owner added, is spoken for by its phrases in the task table.
    """
    by_word = weights.by_word(features(reading, files), len(reading.words))
    if meaning is not None:
        known = sum(f"w:{word.text}" in weights.rows for word in reading.words) / (len(reading.words) or 1)
        beside = _BESIDE * min(1.0, max(0.0, 3 * known - 1.5))  # words of another language tell nothing
        by_word = beside * by_word + meaning(reading, files)
    new = [name for name in TASKS if name not in weights.types and name != "text-classification"]
    said = dict(called(reading, new))
    extra = np.zeros((len(by_word), len(new)), np.float32)
    for number, name in enumerate(new):
        extra[said.get(name, -1), number] = _PHRASED if name in said else -2 * _PHRASED
    by_word = np.hstack([by_word, extra])
    return Evidence((*weights.types, *new), by_word.sum(axis=0), by_word)


def choices(
    reading: Reading, files: Sequence[str], weights: Weights, said: Evidence, types: Mapping[str, TaskType]
) -> list[Choice]:
    """The sets of wishes that can be met from what is given, the likeliest first."""
    given = given_kinds(reading, files)
    possible = _possible(weights.known, given, tuple(types.values()))
    prior = weights.prior * (_NAMED if reading.mentions else 1.0)
    scores = np.where(possible, weights.sets @ said.total[: len(weights.types)] + prior, -np.inf)
    order = np.argsort(-scores)
    ranked = {frozenset(weights.known[row]): float(scores[row]) for row in order[:_RANKED] if possible[row]}
    unseen, odds = float(prior.min()), dict(zip(said.names, said.total.tolist(), strict=True))
    new = any(odds[name] > 0 for name in said.names[len(weights.types) :])
    freely = new or reading.mentions or reading.quotes  # others ask for what people ask for together
    for wishes in dict.fromkeys(_combined(list(ranked)[:_BEST], odds)) if freely else ():
        if wishes not in ranked and fillable(sorted(wishes), given, types):
            ranked[wishes] = sum(map(odds.__getitem__, wishes)) + unseen
    best = sorted(ranked, key=ranked.__getitem__, reverse=True)
    share = np.exp(np.array([ranked[wishes] for wishes in best]) - ranked[best[0]])
    share = share / share.sum()
    return [
        Choice(tuple(sorted(wishes)), float(probability))
        for wishes, probability in zip(best[:_BEST], share, strict=False)
    ]


def given_kinds(reading: Reading, files: Sequence[str]) -> frozenset[str]:
    """The kinds of what is given; ``words`` where the request holds text to work on, ``labels`` where it lists some."""
    own = {"words"} if reading.quotes or not files else set()
    return frozenset(kinds(files)) | own | ({"labels"} if labels(reading, 0) else set())


@lru_cache(maxsize=256)
def _possible(
    sets: tuple[tuple[str, ...], ...], given: frozenset[str], rows: tuple[TaskType, ...]
) -> NDArray[np.bool_]:
    types = {row.name: row for row in rows}
    ready = {wish for wish in {*chain.from_iterable(sets)} if fillable([wish], given, types)}
    ready -= {*OUTCOMES}
    return np.array([{*wishes} <= ready or fillable(wishes, given, types) for wishes in sets])


def _combined(best: Sequence[frozenset[str]], odds: Mapping[str, float]) -> Iterator[frozenset[str]]:
    """Sets that nobody may have had: all that is likely by itself, two of the best together, one wish more or less."""
    usable = sorted((name for name in odds if name not in OUTCOMES), key=odds.__getitem__, reverse=True)
    likely = frozenset(name for name in usable if odds[name] > 0)
    single = [name for name in usable[:_BEST] if odds[name] > _UNLIKELY]
    pairs = (first | second for first, second in combinations(best, 2))
    for wishes in [likely, *pairs, *(frozenset([name]) for name in single), *best]:
        yield wishes
        yield from (wishes | {name} for name in single)
        yield from (wishes - {name} for name in wishes)


def fillable(wishes: Sequence[str], given: frozenset[str], types: Mapping[str, TaskType]) -> bool:
    """Whether every type finds its inputs among the kinds of files given and what the other types make."""
    if any(name in OUTCOMES for name in wishes):
        return len(wishes) == 1
    rows = [types[type_name(name)] for name in wishes if type_name(name) in types]
    return bool(wishes) and len(rows) == len(wishes) and all(_filled(row, rows, given) for row in rows)


def type_name(wish: str) -> str:
    """The task type of a wish."""
    return wish.partition("/")[0]


def _filled(type_: TaskType, types: Sequence[TaskType], given: frozenset[str]) -> bool:
    others = {made for other in types if other is not type_ for made in other.outputs}
    available = {kind for kind in MODALITIES if kind in given} | others
    own_words = type_.name in PROMPTED or "words" in given
    return all(
        "labels" in given or "object" in type_.name
        if slot.name == "labels"
        else (slot.modality == "text" and own_words) or any(takes(slot.modality, kind) for kind in available)
        for slot in type_.required
    )


def place(wish: str, reading: Reading, said: Evidence) -> tuple[int, int]:
    """The characters that speak most for a wish: of the clause that does, the word; (-1, -1) where none does."""
    if not reading.words:
        return -1, -1
    by_word = said.by_word[:-1, said.names.index(wish)]
    clauses = np.array([word.clause for word in reading.words])
    totals = np.bincount(clauses, by_word)
    if totals.max() <= 0:
        return -1, -1
    number = int(np.argmax(np.where(clauses == totals.argmax(), by_word, -np.inf)))
    word = reading.words[number]
    return word.start, word.start + len(word.text.lstrip("~"))
