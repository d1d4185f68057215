"""Reads a request as text alone: what is data in it, what is negated, and where its clauses begin.

Every span counts characters of ``Reading.text``; ``Reading.plain`` has the same length, in lower case, with data
and negated phrases blanked, so that a word found in it is an intent of the user's and not a quotation.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

MAX_CHARACTERS = 20_000  # of a request that are read for intents; what follows is data at best

_QUOTE = re.compile(
    r"""(?<!\w)(?:'(.{1,4000}?)'(?!\w)|"(.{1,4000}?)"|\u201c(.{1,4000}?)\u201d|\u2018(.{1,4000}?)\u2019(?!\w)"""
    r"""|«(.{1,4000}?)»|`(.{1,4000}?)`)""",
    re.S,
)
_AFTER_COLON = re.compile(
    r"(?<!following steps)(?<!do the following)(?<!do this)(?<!steps)(?<!tasks)(?<!things):\s+"
    r"([^\s\x00].*?)(?=\s+(?:then|and then|please|after that|afterwards|finally|also)\b|\n\n|\Z)",
    re.S,
)
_NEGATION = re.compile(
    r"\b(?:do not|don['\u2019]?t|does not|never|without|no need to|rather than|instead of|not)\b"
    r"(?!\s+(?:only|just|forget|hesitate))"
    r"[^,.;:!?\n]*?(?=[,.;:!?\n]|\bbut\b|\band\b|\bthen\b|\binstead\b|\bjust\b|\bonly\b|\bplease\b|$)"
)
_BREAK = re.compile(r"[.!?;:,\n]+(?=\s|$)|\s(?:and then|and|then|but|or|after that|afterwards)\s")


@dataclass(frozen=True)
class Span:
    """A piece of the request: characters ``start`` to ``end``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Reading:
    """A request taken apart. ``mentions`` are the resources it names, ``quotes`` the texts it gives as data."""

    text: str
    plain: str
    mentions: tuple[Span, ...]
    quotes: tuple[Span, ...]
    breaks: tuple[int, ...]

    def clause(self, position: int) -> int:
        """The number of the clause that a character belongs to, from 0."""
        return sum(end <= position for end in self.breaks)


def read(request: str, resources: Sequence[str] = ()) -> Reading:
    """Take a request apart. ``resources`` are the paths and links that may be named in it, in full or by file name."""
    text = request[:MAX_CHARACTERS]
    lower = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    mentions = tuple(_mentions(text, resources))
    named = _blank(lower, mentions)
    quotes = tuple(_quotes(text, named))
    bare = _blank(named, quotes)
    negated = [Span(match.start(), match.end(), match[0]) for match in _NEGATION.finditer(bare)]
    plain = _blank(bare, negated)
    return Reading(text, plain, mentions, quotes, tuple(match.end() for match in _BREAK.finditer(plain)))


def _blank(text: str, spans: Iterable[Span]) -> str:
    """The text with every span overwritten, its length kept."""
    for span in spans:
        text = text[: span.start] + "\x00" * (span.end - span.start) + text[span.end :]
    return text


def _mentions(text: str, resources: Sequence[str]) -> list[Span]:
    """Where resources are named, by their whole reference or by their file name."""
    names = {name: resource for resource in resources for name in (PurePosixPath(resource).name, resource) if name}
    if not names:
        return []
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(r"(?<![\w/])(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
    return [Span(match.start(), match.end(), names[match[0]]) for match in pattern.finditer(text)]


def _quotes(text: str, named: str) -> list[Span]:
    """The texts that the user gives as data: quoted, or after a colon."""
    spans = [match.span(match.lastindex or 0) for match in _QUOTE.finditer(named)]
    spans = [(start, end) for start, end in spans if named[start:end].strip("\x00 ")]
    colon = None if spans else _AFTER_COLON.search(named)
    if colon:
        spans.append(colon.span(1))
    return [Span(start, end, text[start:end].strip()) for start, end in spans]
