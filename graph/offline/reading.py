"""Reads a request as text alone: what is data in it, what it names, and the words of its clauses.

Every span counts characters of ``Reading.text``; ``Reading.masked`` has the same length, in lower case, with data
and what is said not to be wanted blanked by underscores: a word found in it is the user's wish, not a quotation.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graph.offline.quoting import texts
from tools.files.resources import modality

HEAD, TAIL = 6_000, 2_000  # characters at both ends of a request in which wishes are read; what it quotes stays whole

_NEGATION = re.compile(
    r"(?<!or )(?<!can )\b(?:do not|don['\u2019]?t|never|without|no need (?:to|for)|rather than|instead of|not|no)\b"
    r"(?!\s+(?:only|just|forget|hesitate|know|have|understand|speak|see|remember|sure|worries|idea|rush|bad)\b)"
    r"[^,.;:!?\n]*?(?=[,.;:!?\n]|\s(?:but|and|then|instead|just|only|please|so)\b|$)"
)
_BREAK = re.compile(
    r"[.!?;:\n]+(?=\s|$)|,(?=\s)|\s[-\u2013\u2014](?=\s)|\s(?=(?:and|then|but|plus|und|dann|et|puis|y|luego)\s)"
)
_SENTENCE = re.compile(r"[.!?;\n]+(?=\s|$)")
_WORD = re.compile(r"_+|[^\W_]+(?:['\u2019][^\W_]+)?|\?")
_SHORT = 3  # words; a shorter clause belongs to its neighbour


@dataclass(frozen=True)
class Span:
    """A piece of the request: characters ``start`` to ``end``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Word:
    """A word of a wish: in lower case, ``_`` for data or a file's name, with ``~`` before it where it is denied."""

    start: int
    text: str
    clause: int


@dataclass(frozen=True)
class Reading:
    """A request taken apart. ``mentions`` are the resources it names, ``quotes`` the texts it gives as data.

    ``clauses`` are the beginnings of its clauses, ``stops`` the ends of its sentences.
    """

    text: str
    masked: str
    mentions: tuple[Span, ...]
    quotes: tuple[Span, ...]
    words: tuple[Word, ...]
    clauses: tuple[int, ...]
    stops: tuple[int, ...]

    def clause(self, position: int) -> tuple[int, int]:
        """The clause that a character belongs to, as its first character and its end."""
        number = bisect_right(self.clauses, position)
        end = self.clauses[number] if number < len(self.clauses) else len(self.text)
        return (self.clauses[number - 1] if number else 0), end

    def sentence(self, position: int) -> tuple[int, int]:
        """The sentence that a character belongs to, as its first character and its end."""
        number = bisect_right(self.stops, position)
        end = self.stops[number] if number < len(self.stops) else len(self.text)
        return (self.stops[number - 1] if number else 0), end

    def said(self, start: int, end: int) -> str:
        """A part of the request in which files are called "it": what names a file would be taken for the file."""
        text, done = "", start
        for mention in self.mentions:
            if start <= mention.start < end:
                text, done = text + self.text[done : mention.start] + "it", mention.end
        return text + self.text[done:end]

    def sentence_number(self, position: int) -> int:
        """How many sentences end before a character."""
        return bisect_right(self.stops, position)


def read(request: str, resources: Sequence[str] = ()) -> Reading:
    """Take a request apart. ``resources`` are the paths and links that may be named in it, in full or by file name."""
    lower = _shown("".join(low if len(low := char.lower()) == 1 else char for char in request))
    mentions = tuple(_mentions(request, resources))
    named = _blank(lower, mentions)
    quotes = tuple(Span(start, end, request[start:end].strip()) for start, end in texts(named, not resources))
    bare = _blank(named, quotes)
    denied = [Span(*match.span(), match[0]) for match in _NEGATION.finditer(bare)]
    clauses = _clauses(bare)
    words = tuple(_words(bare, clauses, denied))
    stops = tuple(match.end() for match in _SENTENCE.finditer(bare))
    return Reading(request, _blank(bare, denied), mentions, quotes, words, clauses, stops)


def _shown(text: str) -> str:
    """The text with the middle of a very long one blanked."""
    hidden = len(text) - HEAD - TAIL
    return text[:HEAD] + "_" * hidden + text[-TAIL:] if hidden > 0 else text


def _clauses(text: str) -> tuple[int, ...]:
    """Where clauses begin, but for those of a word or two."""
    begins = [0]
    for match in _BREAK.finditer(text):
        if len(_WORD.findall(text, begins[-1], match.end())) >= _SHORT:
            begins.append(match.end())
    if len(begins) > 1 and len(_WORD.findall(text, begins[-1])) < _SHORT:
        begins.pop()
    return tuple(begins)


def _words(text: str, clauses: Sequence[int], denied: Sequence[Span]) -> Iterator[Word]:
    hidden = {position for span in denied for position in range(span.start, span.end)}
    for match in _WORD.finditer(text):
        word = "_" if match[0][0] == "_" else match[0].replace("\u2019", "'")
        yield Word(match.start(), "~" * (match.start() in hidden) + word, bisect_right(clauses, match.start()) - 1)


def _blank(text: str, spans: Iterable[Span]) -> str:
    """The text with every span overwritten, its length kept."""
    pieces, done = [], 0
    for span in sorted(spans, key=lambda span: span.start):
        pieces += [text[done : span.start], "_" * (span.end - max(span.start, done))]
        done = max(done, span.end)
    return "".join([*pieces, text[done:]])


def _mentions(text: str, resources: Sequence[str]) -> list[Span]:
    """Where resources are named: in full, by file name, or by a name like ``scan_2`` without its ending."""
    names = {name: resource for resource in resources for name in _names(resource)}
    if not names:
        return []
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(r"(?<![\w/])(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)", re.I)
    by_name = {name.lower(): resource for name, resource in names.items()}
    return [Span(match.start(), match.end(), by_name[match[0].lower()]) for match in pattern.finditer(text)]


def _names(resource: str) -> Iterator[str]:
    path = PurePosixPath(resource)
    yield from filter(None, (path.name, resource))
    if re.search(r"[\d_-]", path.stem) and re.search(r"[^\W\d]", path.stem):
        yield path.stem


def kinds(resources: Iterable[str]) -> list[str]:
    """The modality of each resource."""
    return [modality(resource) for resource in resources]
