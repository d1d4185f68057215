"""What the wording tells of a task's options, by rule over their schemas: a choice, a number, yes or no, a quote."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from graph.offline.reading import Reading
from tools.tasks import Slot, TaskType
from tools.values import choices, closed, describe, read

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = rf"(?<![\w.,])(-?\d+(?:\.\d+)?|{'|'.join(_COUNTS)})(?=[a-z%]{{0,3}}(?:\b|$))(?![\d.]*\d)"
_IS = r"(?:\s+(?:of|is|at|to|as|be|by|set to|called|named|saying|reading))?\s*[:=]?\s*"
_LEAD = re.compile(r"^(?:add|with|use|enable|is|has|do|show|keep|include|make|max|min|num|number|of|n)[_ ]")
_DENIED = re.compile(r"\b(?:no|not|without|never|don't|do not)\s+(?:\w+\s+){0,2}$")
_WORD = re.compile(r"[a-z][a-z'-]{2,}")
_HOLLOW = re.compile(r"the|and|for|with|from|into|that|this|one|each|number|value|true|false|json|any|not|all")


@dataclass(frozen=True)
class Stated:
    """The value that characters ``start`` to ``end`` of a request give a slot."""

    slot: str
    value: str
    start: int
    end: int


def stated(type_: TaskType, reading: Reading, at: int = -1) -> list[Stated]:
    """What is plainly said of a task's options, in the sentence of character ``at`` or, without one, anywhere."""
    span = reading.sentence(at) if at >= 0 else (0, len(reading.masked))
    taken: list[Stated] = []
    exact = [slot for slot in type_.slots if closed(slot.schema)]
    for slot in sorted(exact, key=lambda slot: not choices(slot.schema)):
        free = _free(_exact(slot, reading, span), taken)
        taken += free if slot.many else free[:1]
    clause = reading.clause(at) if at >= 0 else span  # a number of the next clause is another task's
    taken += _left_over([slot for slot in exact if _numeric(slot)], reading, clause, taken)
    for slot in type_.slots:
        if slot.modality == "text" and not slot.schema and not slot.required and not slot.many:
            taken += _free(_quoted(slot, reading), taken)[:1]
    return taken


def arguments(type_: TaskType, statements: Sequence[Stated]) -> dict[str, str | list[str]]:
    """The values by slot, as a list where the slot takes many."""
    many = {slot.name for slot in type_.slots if slot.many}
    values = {
        name: [statement.value for statement in statements if statement.slot == name] for name in _names(statements)
    }
    return {name: listed if name in many else listed[0] for name, listed in values.items()}


def _names(statements: Sequence[Stated]) -> list[str]:
    return list(dict.fromkeys(statement.slot for statement in statements))


def _free(options: Iterator[Stated], taken: Sequence[Stated]) -> list[Stated]:
    """Those that stand where nothing else was told, nor an earlier one of them."""
    free: list[Stated] = []
    for option in options:
        if not any(option.start < other.end and other.start < option.end for other in [*taken, *free]):
            free.append(option)
    return free


def _exact(slot: Slot, reading: Reading, span: tuple[int, int]) -> Iterator[Stated]:
    if choices(slot.schema):
        return _choices(slot, reading, span)
    if _numeric(slot):
        return _numbers(slot, reading, span)
    return _flags(slot, reading, span) if (slot.schema or {}).get("type") == "boolean" else iter(())


def _numeric(slot: Slot) -> bool:
    return not choices(slot.schema) and (slot.schema or {}).get("type") in ("number", "integer")


def _choices(slot: Slot, reading: Reading, span: tuple[int, int]) -> Iterator[Stated]:
    """A choice beside the slot's name; else one that stands anywhere, unless it is a letter or two."""
    listed = sorted(map(str, choices(slot.schema)), key=len, reverse=True)
    any_of = "|".join(re.escape(choice.lower()) for choice in listed)
    named = "|".join(_words(slot)) or r"\0"
    long = "|".join(re.escape(choice.lower()) for choice in listed if len(choice) > 2) or r"\0"
    patterns = (
        rf"\b(?:{named})s?\b{_IS}({any_of})(?!\w)",
        rf"(?<!\w)({any_of})\s+(?:{named})\b",
        rf"(?<!\w)({long})(?!\w)",
    )
    for pattern in patterns:
        for match in re.compile(pattern).finditer(reading.masked, *span):
            yield Stated(slot.name, next(choice for choice in listed if choice.lower() == match[1]), *match.span(1))


def _numbers(slot: Slot, reading: Reading, span: tuple[int, int]) -> Iterator[Stated]:
    """A number beside the slot's name or a word of its note."""
    for word in _words(slot):
        for pattern in (rf"\b{word}s?\b{_IS}{_NUMBER}", rf"{_NUMBER}[a-z%]{{0,3}}[\s-]+(?:\w+\s+)?{word}s?\b"):
            for match in re.compile(pattern).finditer(reading.masked, *span):
                yield Stated(slot.name, _figure(match[1]), *match.span(1))


def _left_over(
    slots: Sequence[Slot], reading: Reading, span: tuple[int, int], taken: Sequence[Stated]
) -> Iterator[Stated]:
    """The one number that is left over, for the one slot of a number that is."""
    left = [slot for slot in slots if slot.name not in _names(taken)]
    numbers = (
        Stated("", _figure(match[1]), *match.span(1)) for match in re.compile(_NUMBER).finditer(reading.masked, *span)
    )
    free = _free(numbers, taken)
    if len(left) == len(free) == 1 and _fits(free[0].value, left[0]):
        yield replace(free[0], slot=left[0].name)


def _fits(figure: str, slot: Slot) -> bool:
    try:
        read(figure, slot.schema or {})
    except ValueError:
        return False
    return True


def _figure(number: str) -> str:
    return str(_COUNTS.index(number) + 1) if number in _COUNTS else number


def _flags(slot: Slot, reading: Reading, span: tuple[int, int]) -> Iterator[Stated]:
    """Yes where the slot's name stands, no where it is denied."""
    name = _LEAD.sub("", slot.name.lower().replace("-", "_"))
    pattern = re.compile(rf"\b{re.escape(name).replace('_', '[ _-]')}(?:s|ed)?\b")
    for match in pattern.finditer(reading.text.lower(), *span):
        denied = bool(_DENIED.search(reading.text.lower(), span[0], match.start()))
        if denied or pattern.match(reading.masked, match.start()):
            yield Stated(slot.name, "false" if denied else "true", *match.span())


def _quoted(slot: Slot, reading: Reading) -> Iterator[Stated]:
    """A quotation right after the slot's name."""
    named = re.compile(rf"\b{re.escape(slot.name.lower()).replace('_', '[ _-]')}{_IS}\W?$")
    for quote in reading.quotes:
        if named.search(reading.masked[: quote.start]):
            yield Stated(slot.name, quote.text, quote.start, quote.end)


def _words(slot: Slot) -> list[str]:
    """The words by which people may mean a slot: of its name, and of its note."""
    note = slot.note.removeprefix(describe(slot.schema)).lower()
    name = slot.name.lower().replace("_", " ")
    words = [*_WORD.findall(name), *_WORD.findall(note)]
    return [re.escape(word.removesuffix("s")) for word in dict.fromkeys(words) if not _HOLLOW.fullmatch(word)]
