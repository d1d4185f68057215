"""What the wording of a request tells about single slots: languages, labels, which of several files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from graph.offline.listing import items, labels
from graph.offline.reading import Reading
from graph.offline.weights import Weights
from tools import languages
from tools.tasks import Modality, TaskType

_INTO = {"into", "to", "ins", "zum", "al", "vers", "as"}
_IN = {"in", "auf", "en", "im", "is", "for"}
_AND = re.compile(r"[\s,;/&+]*(?:and|or|und|et|y|also|then|one|in|into|to|for|the|auf|en|\s|,)*")
_BESIDE = re.compile(  # "Spanish for Rosa, Polish for Ania"
    r"[^.!?;:\n]{0,40}(?:,|\b(?:and|und|et|y)\b)[^.!?;:,\n]{0,25}"
)
_AS_LIKELY = 0.6  # log-odds between two languages that are both meant
_SOUGHT = re.compile(
    r"\b(?:find|locate|spot|box|boxes|mark|circle|detect|highlight|seek|where(?:'s|s|\sis|\sare|\swas)?"
    r"|look(?:ing)? for|hunt(?:ing)? for|see|around|round|every|each|any|all)\s+"
    r"(?:(?:the|my|our|his|her|a|an|all|every|each|any|of)\s+)*([^,.;:!?_\n]{2,60}?)"
    r"(?=\s+(?:in|on|at|from|if|please|and|so|with|for|there|here|is|are|i|we|to|that|you)\b|[,.;:!?\n_]|$)",
    re.I,
)
_PRONOUN = re.compile(r"(?:it|them|they|this|that|these|those|him|her|what|which|you|me|how|if|round|around)\b", re.I)
_ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4,
    "last": -1, "latest": -1,
}  # fmt: skip
_NOUNS: dict[Modality, str] = {
    "image": r"image|picture|photo|photograph|pic|drawing|scan|page|one|file",
    "audio": r"audio|recording|sound|clip|track|song|one|file",
    "video": r"video|clip|film|movie|one|file",
    "table": r"table|spreadsheet|sheet|one|file",
    "text": r"text|document|article|letter|file|one",
}


@dataclass(frozen=True)
class Named:
    """A language that is named: by which name, where, and what its surroundings tell (features)."""

    name: str
    start: int
    end: int
    features: tuple[str, ...]


def named_languages(reading: Reading) -> list[Named]:
    """The languages that stand in the request, outside its data."""
    mentions = languages.mentioned(reading.text, reading.masked)
    around = (
        tuple(_around(reading, start, end, number, len(mentions))) for number, (_, start, end) in enumerate(mentions)
    )
    named = [Named(*mention, features) for mention, features in zip(mentions, around, strict=True)]
    unsaid = Named("English", -1, -1, ("unsaid", f"unsaid {min(len(named), 2)}"))
    return [*named, unsaid] if named and all(language.name != "English" for language in named) else named


def _around(reading: Reading, start: int, end: int, number: int, count: int) -> Iterator[str]:
    before = re.findall(r"[^\W_]+|[.!?,;:]", reading.masked[max(0, start - 40) : start])[-2:]
    after = re.findall(r"[^\W_]+|[.!?,;:]", reading.masked[end : end + 30])[:1]
    last = before[-1] if before else "^"
    yield f"kind {'into' if last in _INTO else 'in' if last in _IN else 'other'}"
    yield f"before {last}"
    yield f"before {' '.join(before)}"
    yield f"after {after[0] if after else '$'}"
    yield f"of {min(count, 3)} number {min(number, 2)} last {number == count - 1}"
    yield f"english {reading.masked[start:end] == 'english'} {min(count, 2)}"
    yield f"sentence {min(reading.sentence_number(start), 2)} of {min(len(reading.stops), 3)}"


def targets(reading: Reading, weights: Weights) -> list[Named]:
    """The languages to translate into: the likeliest that is named, and those that are listed beside it.

    Where a language is named that is not meant ("I cannot read Italian") it is English.
    """
    named = named_languages(reading)
    if not named:
        return []
    odds = [weights.language(language.features) for language in named]
    first = last = best = odds.index(max(odds))
    pairs = pairwise(zip(named, odds, strict=True))
    joined = [_joined(reading, left, right, abs(x - y) <= _AS_LIKELY) for (left, x), (right, y) in pairs]
    while first and named[best].start >= 0 and joined[first - 1]:
        first -= 1
    while last + 1 < len(named) and joined[last]:
        last += 1
    return list({language.name: language for language in named[first : last + 1]}.values())


def _joined(reading: Reading, left: Named, right: Named, alike: bool) -> bool:
    """Whether two languages are listed together: side by side, or each for someone else and as likely meant."""
    if _AND.fullmatch(reading.masked, left.end, max(right.start, 0)):
        return True
    listed = alike and "English" not in (left.name, right.name)
    return listed and bool(_BESIDE.fullmatch(reading.masked, left.end, max(right.start, 0)))


def variants(type_: TaskType, reading: Reading, span: tuple[int, int], weights: Weights) -> list[Mapping[str, Any]]:
    """What the wording, at ``span``, fills in for a type, once for each task that it asks for."""
    if type_.slot("labels"):
        named = labels(reading, span[0]) or (sought(reading, span[0]) if "object" in type_.name else [])
        return [{"labels": named}] if named else [{}]
    if type_.name == "translation":
        return [{"language": language.name} for language in targets(reading, weights)] or [{}]
    if type_.slot("language"):
        spoken = [language.name for language in targets(reading, weights) if language.start >= 0]
        return [{"language": spoken[0]}] if len(spoken) == 1 else [{}]
    if (aim := type_.slot("text")) and not aim.required:
        return [{"text": clauses(reading, *span) if span[0] >= 0 else reading.text.strip()}]
    if len(type_.slots) > 1 and type_.slots[-1].many and len(reading.quotes) > 1:
        text, *rest = [quote.text for quote in reading.quotes]  # a text, and others to hold against it
        return [{type_.slots[0].name: text, type_.slots[-1].name: rest}]
    return [{}]


def clauses(reading: Reading, start: int, end: int) -> str:
    """The clauses in which a wording stands, as the user wrote them."""
    begin, stop = reading.clause(start)[0], reading.clause(max(start, end - 1))[1]
    return re.sub(r"(?:[\s,;.:]|\band\b)+$", "", reading.text[begin:stop]).strip()


def sought(reading: Reading, at: int) -> list[str]:
    """The things that are to be found in a picture."""
    matches = sorted(_SOUGHT.finditer(reading.masked), key=lambda match: abs(match.start() - max(at, 0)))
    names = [items(reading.text[match.start(1) : match.end(1)]) for match in matches if not _PRONOUN.match(match[1])]
    return next((listed for listed in names if listed), [clauses(reading, max(at, 0), max(at, 0) + 1)])


def ordinal(text: str, modality: Modality) -> int | None:
    """Which of several files is meant by "the second picture", counted from 0 (-1: the last), or None."""
    words = "|".join(_ORDINALS)
    match = re.search(rf"\bthe ({words})(?:\s+(?:{_NOUNS[modality]})\b|(?=\s*(?:[.,;!?]|$|and\b)))", text)
    return _ORDINALS[match[1]] if match else None


def called(files: Sequence[str], text: str) -> list[str]:
    """The files that a text calls by a word of their names, one that no other of them has: "the hull report"."""
    names = {file: _stems(PurePosixPath(file).stem) for file in files}
    stems = _stems(text)
    others = {file: set().union(*(words for other, words in names.items() if other != file)) for file in files}
    return [file for file in files if (names[file] - others[file]) & stems]


def _stems(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[^\W\d_]{3,}|\d{2,}", text.lower())}


def plural(reading: Reading, modality: Modality) -> bool:
    """Whether several files of a modality are spoken of."""
    return bool(re.search(rf"\b(?:{_NOUNS[modality]})s\b|\b(?:both|all of them|each|every)\b", reading.masked))
