"""Texts and values as UTF-8 and JSON can hold them, whoever wrote them: a model, a user, a tool."""

import math
import re
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")


def text(given: str) -> str:
    """The text with the halves of characters joined to one, and those that stand alone replaced by U+FFFD."""
    if not _HALF.search(given):
        return given
    return given.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def json(given: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with every text in it made whole, and numbers that JSON has not (NaN, Infinity) made null."""
    if isinstance(given, str):
        return text(given)
    if isinstance(given, float):
        return given if math.isfinite(given) else None
    if isinstance(given, dict):
        return {json(name): json(member) for name, member in given.items()}
    if isinstance(given, list | tuple):
        return [json(member) for member in given]
    return given
