"""Reads a request as text alone: what is data in it, what is negated, and where its clauses begin.

Every span counts characters of ``Reading.text``; ``Reading.plain`` has the same length, in lower case, with data
and negated phrases blanked by underscores, so that a word found in it is an intent of the user's, not a quotation.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graph.offline.quoting import texts
from tools.files.resources import modality
from tools.tasks import Modality

MAX_CHARACTERS = 20_000  # of a request that are read; its intents stand in the first of them or nowhere

_NEGATION = re.compile(
    r"(?<!or )\b(?:do not|don['\u2019]?t|does not|never|without|no need to|rather than|instead of|not)\b"
    r"(?!\s+(?:only|just|forget|hesitate|know|have|understand|speak|see|remember)\b)"
    r"[^,.;:!?\n]*?(?=[,.;:!?\n]|\bbut\b|\band\b|\bthen\b|\binstead\b|\bjust\b|\bonly\b|\bplease\b|$)"
)
_BREAK = re.compile(r"[.!?;:,\n]+(?=\s|$)|\s(?:and then|and|then|but|or|after that|afterwards)\s")
_SENTENCE = re.compile(r"[.!?;\n]+(?=\s|$)")


@dataclass(frozen=True)
class Span:
    """A piece of the request: characters ``start`` to ``end``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Reading:
    """A request taken apart. ``mentions`` are the resources it names, ``quotes`` the texts it gives as data.

    ``breaks`` and ``stops`` are the ends of its clauses and of its sentences.
    """

    text: str
    plain: str
    mentions: tuple[Span, ...]
    quotes: tuple[Span, ...]
    breaks: tuple[int, ...]
    stops: tuple[int, ...]
    given: tuple[Modality, ...]

    def clause(self, position: int) -> tuple[int, int]:
        """The clause that a character belongs to, as its first character and its end."""
        return _around(self.breaks, position, len(self.text))

    def sentence(self, position: int) -> tuple[int, int]:
        """The sentence that a character belongs to, as its first character and its end."""
        return _around(self.stops, position, len(self.text))

    def sentence_number(self, position: int) -> int:
        """How many sentences end before a character."""
        return bisect_right(self.stops, position)


def read(request: str, resources: Sequence[str] = ()) -> Reading:
    """Take a request apart. ``resources`` are the paths and links that may be named in it, in full or by file name."""
    text = request[:MAX_CHARACTERS]
    lower = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    mentions = tuple(_mentions(text, resources))
    named = _blank(lower, mentions)
    quotes = tuple(Span(start, end, text[start:end].strip()) for start, end in texts(named, not resources))
    bare = _blank(named, quotes)
    plain = _blank(bare, [Span(*match.span(), match[0]) for match in _NEGATION.finditer(bare)])
    breaks, stops = (tuple(match.end() for match in pattern.finditer(plain)) for pattern in (_BREAK, _SENTENCE))
    return Reading(text, plain, mentions, quotes, breaks, stops, tuple(map(modality, resources)))


def _around(ends: tuple[int, ...], position: int, length: int) -> tuple[int, int]:
    number = bisect_right(ends, position)
    return (ends[number - 1] if number else 0, ends[number] if number < len(ends) else length)


def _blank(text: str, spans: Iterable[Span]) -> str:
    """The text with every span overwritten, its length kept."""
    pieces, done = [], 0
    for span in sorted(spans, key=lambda span: span.start):
        pieces += [text[done : span.start], "_" * (span.end - max(span.start, done))]
        done = max(done, span.end)
    return "".join([*pieces, text[done:]])


def _mentions(text: str, resources: Sequence[str]) -> list[Span]:
    """Where resources are named, by their whole reference or by their file name."""
    names = {name: resource for resource in resources for name in (PurePosixPath(resource).name, resource) if name}
    if not names:
        return []
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(r"(?<![\w/])(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
    return [Span(match.start(), match.end(), names[match[0]]) for match in pattern.finditer(text)]
