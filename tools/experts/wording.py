"""What several experts do with the words of an instruction."""

import re
from collections.abc import Sequence

from tools.experts.glossary import IDLE, IDLE_CHINESE, in_english

_BETWEEN = re.compile(r"[,;\n]|\.(?!\d)|\band\b(?!\s*(?:\d|white))|\bthen\b")
_FORMAT = r"(jpe?g|png|webp|gif|bmp|tiff?|avif|mp3|wav|ogg|flac|opus)"
_AS = re.compile(rf"\b(?:as|to|into|in)\s+(?:an?\s+)?\.?{_FORMAT}\b(?:\s*(?:file|format|image|picture))?")
_SHORT = {"jpeg": "jpg", "tiff": "tif"}
_EMPTY = re.compile(  # words that wish for nothing
    r"(?:\b(?:please|also|now|first|this|it|me|the|picture|image|photo|recording|file|convert|save|export|give|make|turn|change"
    rf"|{IDLE})\b|{IDLE_CHINESE}|\W)*"
)


def clauses(text: str) -> list[str]:
    """The single wishes of an instruction, in lower case and in its order; a wish for a format is none of them."""
    wishes = (_AS.sub("", part).strip() for part in _BETWEEN.split(in_english(text)))
    return [wish for wish in wishes if not _EMPTY.fullmatch(wish)]


def format_of(text: str) -> str | None:
    """The extension that is asked for, such as ``.jpg`` of "as a JPEG file", or None."""
    match = _AS.search(in_english(text))
    return f".{_SHORT.get(match[1], match[1])}" if match else None


def report(done: Sequence[str], left: Sequence[str]) -> str:
    """What was done, and what was not."""
    said = f"{', '.join(done)}."
    said = said[:1].upper() + said[1:]
    return f"{said} Not done: {'; '.join(left)}." if left else said
