"""What the wording of a request tells about single slots: aspects, languages, labels, and which of several files."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graph.offline.cues import LANGUAGES, MOOD
from graph.offline.reading import Reading
from tools.tasks import Modality, TaskType

_ASPECTS = {
    "language": r"\b(?:which|what|the|its) lang(?:uage)?\b",
    "sentiment": r"\bsentiment|\btone\b|\bpositive\b|\bnegative\b|\bpolarity",
    "emotion": r"\bemotions?\b|\bfeelings?\b",
    "toxicity": r"\btoxic\w*|\boffensive\b|\bhate\b|\babusive\b",
    "topic": r"\btopics?\b|\bsubject\b|\bcategory\b",
}
# The mood of a text is told as positive or negative; emotions are asked for by that name.
_ASPECTS["sentiment"] += (
    r"|\bmood\b|\bhow (?:does|do|did) (?:the )?[\w']+ feel\b|"
    + MOOD
    + r"|\b(?:like|love|enjoy|hate)\w* (?:it|this|that|them)\b"
)
_ASPECTS["language"] += rf"|\b(?:what|which) tongue\b|\bis (?:it|this|that)(?: written)?(?: in)? {LANGUAGES}\b"
_INTO = re.compile(rf"\b(?:in|into|to|and|or|,)\s+({LANGUAGES})\b")
_LABELS = re.compile(
    r"\b(?:classif\w+|categori\w+|label\w*|sort|decide|say|tell)\b[^.!?;\n]*?"
    r"\b(?:as|among|amongst|between|into|whether it is|labels?:?|classes:?|categories:?|one of|either)\b\s+([^.!?;\n]+)"
)
_SEPARATOR = re.compile(r"\s*(?:,|;|/|\bor\b|\band\b)\s*")
_ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "last": -1,
    "latest": -1,
}
_NOUNS: dict[Modality, str] = {
    "image": r"image|picture|photo|photograph|drawing|scan|page|one|file",
    "audio": r"audio|recording|sound|clip|track|song|one|file",
    "video": r"video|clip|film|movie|one|file",
    "table": r"table|spreadsheet|sheet|one|file",
    "text": r"text|document|article|file|one",
}
_MEDIA: dict[Modality, str] = {
    "image": r"\b(?:images?|pictures?|pics?|photos?|photographs?|portraits?|snapshots?)\b",
    "audio": r"\b(?:audio|recordings?|speech|sounds?|voices?|songs?|memos?)\b",
    "video": r"\b(?:videos?|films?|movies?)\b",
}
_DETAIL = re.compile(
    r"\b(?:in|with) (?:as much|great|full|more|every|maximum|all) (?:possible )?detail|\beverything (?:about|you can)"
    r"|\ball (?:that )?you can (?:about|see|find)|\bas (?:detailed|precisely|fully) as possible"
)


def variants(type_: TaskType, reading: Reading, span: tuple[int, int]) -> list[Mapping[str, Any]]:
    """What the wording, at ``span``, fills in for a type, once for each task it asks for: two aspects are two tasks."""
    if type_.slot("labels"):
        named = labels(reading)
        return [{"labels": named}] if named else [{}]
    if type_.slot("aspect"):
        return [{"aspect": aspect} for aspect, _ in _aspects(reading)] or [{}]
    if type_.slot("language"):
        told: list[Mapping[str, Any]] = [{"language": match[1].capitalize()} for match in _INTO.finditer(reading.plain)]
        return told if told and (type_.name == "translation" or len(told) == 1) else [{}]
    if (aim := type_.slot("text")) and not aim.required and span[0] >= 0:
        return [{"text": clauses(reading, *span)}]
    if (
        type_.slots and type_.slots[-1].many and len(reading.quotes) > 2
    ):  # a text, and several others to hold against it
        one, *rest = [quote.text for quote in reading.quotes]
        return [{type_.slots[0].name: one, type_.slots[-1].name: rest}]
    return [{}]


def clauses(reading: Reading, start: int, end: int) -> str:
    """The clauses in which a wording stands, as the user wrote them."""
    begin, stop = reading.clause(start)[0], reading.clause(end - 1)[1]
    return re.sub(r"(?:[\s,;.:]|\band\b)+$", "", reading.text[begin:stop]).strip()


def place(slots: Mapping[str, Any], reading: Reading) -> int:
    """Where the wording that fills these slots stands, -1 where there is none."""
    return dict(_aspects(reading)).get(slots.get("aspect", ""), -1)


def _aspects(reading: Reading) -> Iterator[tuple[str, int]]:
    found = ((aspect, re.search(pattern, reading.plain)) for aspect, pattern in _ASPECTS.items())
    return iter(sorted(((aspect, match.start()) for aspect, match in found if match), key=lambda item: item[1]))


def labels(reading: Reading) -> list[str]:
    """The classes that the user names: several quoted texts, or a list after a word such as "as"."""
    for match in _LABELS.finditer(reading.plain):
        named = _SEPARATOR.split(reading.text[match.start(1) : match.end(1)])
        named = [re.sub(r"^(?:an?|the|it is|is|be)\s+", "", name.strip(" '\"")) for name in named]
        if len([name for name in named if name]) > 1:
            return [name for name in named if name]
    return []


def ordinal(text: str, modality: Modality) -> int | None:
    """Which of several files is meant by "the second picture", counted from 0 (-1: the last), or None."""
    words = "|".join(_ORDINALS)
    match = re.search(rf"\bthe ({words})(?:\s+(?:{_NOUNS[modality]})\b|(?=\s*(?:[.,;!?]|$|and\b)))", text)
    return _ORDINALS[match[1]] if match else None


def plural(reading: Reading, modality: Modality) -> bool:
    """Whether several files of a modality are spoken of."""
    return bool(re.search(rf"\b(?:{_NOUNS[modality]})s\b|\b(?:both|all of them|each|every)\b", reading.plain))


def of_another(text: str, modality: Modality) -> bool:
    """Whether a text names a medium, and not this one."""
    own = _MEDIA.get(modality)
    return own is not None and not re.search(own, text) and any(re.search(other, text) for other in _MEDIA.values())


def in_detail(reading: Reading) -> bool:
    """Whether the user wants all there is to say."""
    return bool(_DETAIL.search(reading.plain))
