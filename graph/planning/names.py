"""Names that models write, brought to ours: task types, slots and references."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from rapidfuzz import fuzz, process

from tools.tasks import TASKS, Slot, TaskType

_LIKENESS = 84  # of 100; below it a name is another name rather than a misspelt one
_ALIKE = 75  # the same, for words of a few letters
_REFERENCE = re.compile(
    r"<\s*r\s*(\d{1,6})\s*>|<\s*(?:generated|node|resource|task|output|result)\s*(?:>\s*-\s*(\d{1,6})|-\s*(\d{1,6})\s*>)",
    re.I,
)
_KINDS = "r|resource|generated|node|task|output|result"
_NEAR = re.compile(
    rf"<\s*(?:{_KINDS})[\s>-]{{0,3}}(?:\d{{1,6}}\w?)?(?!\w)\s*>?|<(?:{_KINDS})-?\w\s*>"  # <r1, <resource-, <rx>
    rf"|(?<![\w<])\w?(?:{_KINDS})-?\d{{1,6}}\s*>"  # r1>
    r"|<(?!h\d>)[^<>=/\d]{0,8}\d{1,6}\w{0,2}\s*>|<[/>]\d{1,6}\s*>"  # <1>, <xr1>, </1>
    r"|<[^<>]{0,16}>?[^<>]{0,16}-\d{1,6}\s*>",  # <nde-1>, <no>de-1>
    re.I,
)
_ALIASES = {
    "ocr": "image-to-text",
    "image-captioning": "image-to-text",
    "captioning": "image-to-text",
    "asr": "automatic-speech-recognition",
    "speech-recognition": "automatic-speech-recognition",
    "speech-to-text": "automatic-speech-recognition",
    "tts": "text-to-speech",
    "vqa": "visual-question-answering",
    "pose-estimation": "openpose-control",
    "depth-control": "depth-estimation",
    "seg-control": "image-segmentation",
    "sentiment-analysis": "text-classification",
    "named-entity-recognition": "token-classification",
}


def references(text: str) -> str:
    """The text with every dialect's reference written as ``<resource-ID>``."""
    return _REFERENCE.sub(lambda match: f"<resource-{int(match[match.lastindex or 0])}>", text)


def near_references(text: str) -> list[str]:
    """What in a text is nearly a reference, but none: a bracket or the number is lacking."""
    return _NEAR.findall(_REFERENCE.sub("", text))


def resembles(name: str, words: Sequence[str]) -> bool:
    """Whether a name is one of these short words, give or take a letter."""
    return any(fuzz.ratio(name.lower(), word) >= _ALIKE for word in words)


def known(name: str) -> bool:
    """Whether a name means some task type, offered or not."""
    return find(name, TASKS) is not None


def find(name: str, offered: Mapping[str, TaskType]) -> TaskType | None:
    """The offered type that a name means, also when it is misspelt or another name for it."""
    normal = _normalised(name)
    normal = _ALIASES.get(normal, normal)
    if normal in offered:
        return offered[normal]
    close = _closest(normal, tuple(offered)) if normal not in TASKS else None
    return offered[close] if close else None


@lru_cache(maxsize=4096)
def _closest(name: str, names: tuple[str, ...]) -> str | None:
    """The one name that is nearly this one, never one of two that are equally near."""
    closest = process.extract(name[:80], names, scorer=fuzz.ratio, score_cutoff=_LIKENESS, limit=2)
    if not closest or (len(closest) == 2 and closest[0][1] == closest[1][1]):
        return None
    return str(closest[0][0])


def slot(name: str, slots: Mapping[str, Slot]) -> str | None:
    """The slot that an argument's name means, if it says so."""
    normal = _normalised(name).replace("-", "_")
    if normal in slots:
        return normal
    if normal.startswith(("source", "src")):  # the language translated from is no slot
        return None
    parts = normal.split("_")
    return next(
        (known_slot for known_slot in slots if known_slot in parts or fuzz.ratio(normal, known_slot) >= _LIKENESS), None
    )


def _normalised(name: str) -> str:
    return re.sub(r"[\s_-]+", "-", name.strip().strip("<>\"'`")).lower()[:100]
