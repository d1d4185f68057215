"""What the model of task types sees of a request: its words and word parts, its files, the table's phrases."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from math import sqrt
from pathlib import PurePosixPath

from graph.offline.listing import labels
from graph.offline.reading import Reading, Word
from tools.files.resources import modality
from tools.tasks import TASKS

# How much each family counts in a clause, whatever the clause's length.
_WORDS, _PARTS, _CROSSED = 2.0, 1.2, 1.2


@dataclass(frozen=True)
class Feature:
    """One feature: ``word`` is the number of the word that has it, -1 where the whole request has it."""

    name: str
    value: float
    word: int = -1


def features(reading: Reading, files: Sequence[str]) -> list[Feature]:
    """All features of a request."""
    of_words: list[Feature] = []
    place = 0
    for _, group in groupby(reading.words, key=lambda word: word.clause):
        clause = list(group)
        of_words += [*_grams(clause, place), *_parts(clause, place)]
        place += len(clause)
    said = [Feature(f"p:{name}", 0.7, at) for name, at in phrases(reading)]
    return [*of_words, *_of_files(reading, files), *said]


def _grams(clause: Sequence[Word], place: int) -> Iterator[Feature]:
    """Words and pairs of them."""
    texts = [word.text for word in clause]
    scale = _WORDS / sqrt(1.64 * len(texts) + 0.64)
    for number, text in enumerate(texts):
        yield Feature(f"w:{text}", scale, place + number)
    for number, (left, right) in enumerate(zip(["^", *texts], [*texts, "$"], strict=True)):
        yield Feature(f"b:{left} {right}", 0.8 * scale, place + min(number, len(texts) - 1))


def _parts(clause: Sequence[Word], place: int) -> Iterator[Feature]:
    """Four letters of a word, its ends marked."""
    parts = [
        (f"c:{padded[start : start + 4]}", place + number)
        for number, word in enumerate(clause)
        if len(padded := f" {word.text} ") > 4
        for start in range(len(padded) - 3)
    ]
    scale = _PARTS / sqrt(len(parts) or 1)
    return (Feature(name, scale, at) for name, at in parts)


def _of_files(reading: Reading, files: Sequence[str]) -> Iterator[Feature]:
    """The kinds of the files, alone and crossed with the words; the words of their names."""
    counts = Counter(modality(file) for file in files)
    words = list(dict.fromkeys(word.text for word in reading.words))
    first = {word.text: number for number, word in reversed(list(enumerate(reading.words)))}
    yield Feature(f"k:{'+'.join(sorted(counts))}", 0.7)
    for kind, count in counts.items():
        yield Feature(f"k:{kind}", 1.0)
        if count > 1:
            yield Feature(f"many:{kind}", 1.0)
        yield from (Feature(f"{kind}&{word}", _CROSSED / sqrt(len(words)), first[word]) for word in words)
    for file in files:
        path = PurePosixPath(file)
        yield Feature(f"x:{path.suffix.lower()}", 0.5)
        yield from (Feature(f"f:{name}", 0.6) for name in re.findall(r"[a-z]{3,}", path.stem.lower()))
    if reading.mentions:  # people who name their files in the text write in another way
        yield Feature("named", 1.0)
        yield from (Feature(f"named&{word}", _CROSSED / sqrt(len(words)), first[word]) for word in words)
    if labels(reading, 0):
        yield Feature("listed", 1.0)


_ENDING = r"(?:e|es|ed|ing|s|d|ion|ions|ation|ations|er)?"
_BUILT_IN = tuple(TASKS)  # what is learned from; others may be added later


def phrases(reading: Reading) -> Iterator[tuple[str, int]]:
    """The task types of which a phrase of the task table stands in the request, each with the word where it stands."""
    starts = [word.start for word in reading.words]
    for name in _BUILT_IN:
        if name in TASKS and (pattern := _pattern(TASKS[name].words)) and (match := pattern.search(reading.masked)):
            yield name, max((number for number, start in enumerate(starts) if start <= match.start()), default=0)


def called(reading: Reading, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The same for types of which nothing was learned: by their phrases with gaps and endings, and by their names."""
    starts = [word.start for word in reading.words]
    for name in names:
        if name in TASKS and (match := _inflected(name, TASKS[name].words).search(reading.masked)):
            yield name, max((number for number, start in enumerate(starts) if start <= match.start()), default=0)


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    listed = "|".join(re.escape(word.lower()) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)") if listed else None


@lru_cache(maxsize=512)
def _inflected(name: str, words: tuple[str, ...]) -> re.Pattern[str]:
    """The phrases of a type and its name, each with the endings its words may take: "read aloud", "reading aloud"."""
    return re.compile("|".join(map(_phrase, [*words, name, name.replace("-", " ")])))


def _phrase(phrase: str) -> str:
    """A phrase as an expression; ``~`` in it stands for up to four words."""
    words = [re.escape(word[:-1] if word.endswith("e") and len(word) > 3 else word) for word in phrase.split()]
    pattern = r"\b" + (_ENDING + r"\s+").join(words) + _ENDING + r"\b"
    return pattern.replace(rf"\s+\~{_ENDING}\s+", r"(?:\s+[\w'-]+){0,4}?\s+")


def summed(present: Sequence[Feature]) -> Mapping[str, float]:
    """The features by name, each as often as it stands there."""
    total: dict[str, float] = {}
    for feature in present:
        total[feature.name] = total.get(feature.name, 0.0) + feature.value
    return total
