"""Pages within a text: a form feed stands between two, as printers have had it for ever."""

import re
from collections.abc import Sequence

from tools.errors import InputError

BREAK = "\n\f\n"
_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "one": 1, "two": 2, "three": 3}
_RANGE = re.compile(r"(\d+)\s*(?:-|\u2013|to|through|until)\s*(\d+)|(\d+)")


def split(text: str) -> list[str]:
    """The pages of a text, at least one."""
    return [page.strip() for page in text.split("\f")]


def chosen(wanted: str, count: int) -> Sequence[int]:
    """The pages, counted from 1, that are meant by words such as ``2``, ``1-3``, ``pages 2 and 4`` or ``the last``.

    Raises:
        InputError: there are not so many, or no page is named.
    """
    words = re.sub(r"\blast\b", str(count), wanted.lower())
    words = re.sub(rf"\b(?:{'|'.join(_NUMBERS)})\b", lambda match: str(_NUMBERS[match[0]]), words)
    pages = [page for match in _RANGE.finditer(words) for page in _within(match)]
    if not pages:
        raise InputError(f"“{wanted}” names no page; say a number such as 2, or 1-3.")
    if not all(1 <= page <= count for page in pages):
        raise InputError(f"There is no page {next(p for p in pages if not 1 <= p <= count)}: the document has {count}.")
    return pages


def _within(match: re.Match[str]) -> Sequence[int]:
    if match[3]:
        return [int(match[3])]
    return range(int(match[1]), min(int(match[2]), int(match[1]) + 1000) + 1)
