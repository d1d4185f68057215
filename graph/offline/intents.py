"""Which task types a request asks for, and where it does."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from graph.offline.reading import Reading
from tools.tasks import TaskType

_ENDING = r"(?:e|es|ed|ing|s|d|ion|ions|ation|ations|er)?"
_ASPECTS = {
    "language": r"\b(?:which|what) language|\blanguage (?:it|this|that|of)\b|\b(?:identify|detect|name) the language",
    "sentiment": r"\bsentiment|\btone\b|\bpositive\b|\bnegative\b|\bpolarity",
    "emotion": r"\bemotions?\b|\bmood\b|\bfeelings?\b",
    "toxicity": r"\btoxic\w*|\boffensive\b|\bhate\b|\babusive\b",
    "topic": r"\btopic|\bsubject\b|\bcategory of the text",
}


@dataclass(frozen=True)
class Intent:
    """A task type that is asked for at ``position``; ``slots`` holds what the wording itself tells."""

    type: TaskType
    position: int
    slots: Mapping[str, str] = field(default_factory=dict)


def find(reading: Reading, types: Mapping[str, TaskType]) -> list[Intent]:
    """Every intent in the order of the text, each type once but for the aspects of a classification."""
    hits = _longest(sorted(_hits(reading, types), key=lambda hit: (hit[0], -hit[1])))
    intents: dict[tuple[str, str], Intent] = {}
    for start, end, name in hits:
        aspect = _aspect(reading.plain[start:end]) if types[name].slot("aspect") else None
        slots = {"aspect": aspect} if aspect else {}
        intents.setdefault((name, aspect or ""), Intent(types[name], start, slots))
    return list(intents.values())


def _hits(reading: Reading, types: Mapping[str, TaskType]) -> Iterator[tuple[int, int, str]]:
    for name, row in types.items():
        for match in _pattern(row).finditer(reading.plain):
            yield match.start(), match.end(), name


def _longest(hits: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Leave out what lies within a longer hit of another type: "read" within "read aloud"."""
    return [
        hit
        for hit in hits
        if not any(
            other[2] != hit[2] and other[0] <= hit[0] and hit[1] <= other[1] and other[:2] != hit[:2] for other in hits
        )
    ]


@lru_cache(maxsize=256)
def _pattern(row: TaskType) -> re.Pattern[str]:
    """One expression for all the words of a type, with their endings."""
    phrases = [*row.words, row.name, row.name.replace("-", " ")]
    if row.slot("aspect"):
        return re.compile("|".join([*map(_phrase, phrases), *_ASPECTS.values()]))
    return re.compile("|".join(map(_phrase, phrases)))


def _phrase(phrase: str) -> str:
    words = [re.escape(word[:-1] if word.endswith("e") and len(word) > 3 else word) for word in phrase.split()]
    return r"\b" + (_ENDING + r"\s+").join(words) + _ENDING + r"\b"


def _aspect(text: str) -> str | None:
    return next((name for name, pattern in _ASPECTS.items() if re.search(pattern, text)), None)
