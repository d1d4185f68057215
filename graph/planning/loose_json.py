"""JSON in a model's text: found wherever it stands, decoded as it is, and repaired only where nothing can get lost."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import json_repair

from graph.planning.faithful import doubt, leaves
from tools import clean

_REPAIRABLE = 6_000  # characters that may be repaired: json_repair's time grows with their square
_REPAIRS = 4  # in one text
_FOUND = 200  # values in one text
_DEEPEST = 24  # brackets within brackets; a plan has a third of them

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.S)
_BRACKET = re.compile(r"[\[{]")
_MARK = re.compile(r'[\[\]{}"]')
_WRONG_ESCAPE = re.compile(r'\\(?:\\|(?!["\\/bfnrt]|u[0-9a-fA-F]{4}))')


@dataclass(frozen=True)
class JsonSpan:
    """A value and the text that it was written as; ``doubt`` says why it may not be all that was written.

    One that was ``repaired`` may hold all of it in another order.
    """

    value: Any
    text: str
    start: int
    end: int
    doubt: str = ""
    repaired: bool = False


def find(text: str) -> list[JsonSpan]:
    """Every outermost JSON value in a text, in order. Takes time in proportion to the text's length."""
    spans: list[JsonSpan] = []
    repairs = _REPAIRS
    for start, end, depth in _segments(text):
        if len(spans) == _FOUND:
            break
        if spans and start < spans[-1].end:  # part of what was repaired as a whole
            continue
        try:
            spans.append(_checked(_decoded(text[start:end]), text, start, end))
        except (ValueError, RecursionError):
            repairs -= 1
            spans.append(_repaired(text, start, end, depth) if repairs >= 0 else _unread(text, start, end))
    return spans


def _checked(value: object, text: str, start: int, end: int, why: str = "") -> JsonSpan:
    """The value as it may be kept. Raises ValueError where it is too deep to be gone through."""
    cleaned = clean.json(value) if _shallow(value) else None
    if cleaned is None:
        raise ValueError("Brackets stand within brackets without end.")
    odd = "NaN and Infinity are no JSON." if list(map(clean.text, leaves(value))) != list(leaves(cleaned)) else ""
    return JsonSpan(cleaned, text[start:end], start, end, why or odd)


def _shallow(value: object) -> bool:
    """Whether a value has no more levels than can be gone through one within the other."""
    level = [value]
    for _ in range(_DEEPEST):
        inner = [node.values() if isinstance(node, dict) else node for node in level if isinstance(node, dict | list)]
        if not (level := [member for members in inner for member in members]):
            return True
    return False


def _segments(text: str) -> Iterator[tuple[int, int, int]]:
    """Where lists and objects begin and end, and how many brackets are still open there (at the text's end alone)."""
    at, end = 0, len(text)
    while first := _BRACKET.search(text, at):
        at, depth = first.end(), 1
        while depth:
            mark = _MARK.search(text, at)
            string = _STRING.match(text, mark.start()) if mark and mark[0] == '"' else None
            if mark is None or (mark[0] == '"' and string is None):
                yield first.start(), end, depth
                return
            at = (string or mark).end()
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
        yield first.start(), at, 0


def _decoded(text: str) -> object:
    """JSON as it stands, save that line ends and tabs in strings need not be escaped.

    Raises:
        ValueError: it is no JSON, or names something twice, of which the first would be lost.
    """
    return json.loads(text, strict=False, object_pairs_hook=_once)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    once = dict(pairs)
    if len(once) < len(pairs):
        raise ValueError("A name stands twice in one object.")
    return once


def _repaired(text: str, start: int, end: int, depth: int) -> JsonSpan:
    """The value repaired: with all that follows it, or by itself, whichever is sure to hold all that was written."""
    last = max(text.rfind("]"), text.rfind("}")) + 1
    alone = _attempt(text, start, end, depth)
    if not alone.doubt or last <= end:
        return alone
    whole = _attempt(text, start, last, 0)
    return alone if whole.doubt else whole


def _attempt(text: str, start: int, end: int, depth: int) -> JsonSpan:
    written = _WRONG_ESCAPE.sub(lambda match: match[0] if len(match[0]) > 1 else "\\\\", text[start:end])
    if len(written) > _REPAIRABLE or _deep(written):
        return _unread(text, start, end)
    try:
        value: object = json_repair.loads(written, skip_json_loads=True)
        return replace(_checked(value, text, start, end, doubt(written, value, depth)), repaired=True)
    except (ValueError, RecursionError, AssertionError):  # the last is json_repair's, of what it did not foresee
        return _unread(text, start, end)


def _unread(text: str, start: int, end: int) -> JsonSpan:
    return JsonSpan(None, text[start:end], start, end, "It is no JSON.")


def _deep(text: str) -> bool:
    depth = 0
    for mark in re.finditer(r"[\[\]{}]", text):
        depth += 1 if mark[0] in "[{" else -1
        if depth > _DEEPEST:
            return True
    return False
