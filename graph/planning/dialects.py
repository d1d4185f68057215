"""Reads the many ways in which models write a plan, without judging what it says.

The written form that we ask for is compact: ``{"tasks": [{"image-to-text": {"image": "a.png"}}, ...]}``, numbered from
0 by position, ``<rN>`` for the output of task N, and ``"after": [ids]`` only where no reference tells the order. Read
besides: fenced JSON, JSON in prose, trailing commas, single quotes, one object instead of a list, a task's slots by
name (``task``, ``id``, ``dep``, ``args``), TaskBench's ``task_nodes`` and ``arguments``, string ids.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import json_repair

from graph.planning.names import known

MAX_CHARACTERS = 100_000  # of a model's text; more is no plan
_REPAIRABLE = 6_000  # characters that may be repaired: json_repair's time grows with their square
_CANDIDATES = 40  # places where JSON may begin that are tried
_DEPTH = 3  # lists within lists that are looked into
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S | re.I)
_TASK, _ARGS = ("task", "tool", "task_type", "name"), ("args", "arguments", "parameters", "inputs")
_DEP, _REPLY = ("dep", "after", "deps", "dependencies"), ("reply", "answer", "message", "response")


@dataclass(frozen=True)
class Written:
    """One task as it was written: names and arguments unchecked. An argument without a name has its number."""

    task: str
    id: int | None = None
    dep: tuple[int, ...] = ()
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What a model answered: tasks, or else words to the user, or a question to ask; or none of it."""

    tasks: tuple[Written, ...] = ()
    text: str = ""
    question: str = ""


def read(text: str) -> Reply:
    """Read a model's answer. Never raises, and takes time in proportion to the text's length."""
    text = _THOUGHT.sub("", text[:MAX_CHARACTERS]).strip()
    for value in values(text):
        reply = _reply(value)
        if reply != Reply():
            return reply
    return Reply(text="" if text.startswith(("{", "[", "```")) else text)


def written(value: object) -> Written | None:
    """The task that an object stands for, if it stands for one."""
    if not isinstance(value, dict):
        return None
    name = next((value[key] for key in _TASK if isinstance(value.get(key), str)), None)
    if name is None:
        name = next((str(key) for key in value if isinstance(value[key], dict) and known(str(key))), None)
    if name is None:
        return None
    dep = tuple(id_ for each in _listed(_first(value, _DEP)) if (id_ := _id(each)) is not None)
    return Written(name, _id(value.get("id")), dep, _arguments(_first(value, (name, *_ARGS))))


def _id(value: object) -> int | None:
    """A task's number, also out of "3" or "task-3"; None for -1, which stands for nothing."""
    found = re.search(r"(?<!\d)\d{1,6}(?!\d)", str(value)) if isinstance(value, int | str) else None
    return int(found[0]) if found and not str(value).startswith("-") else None


def values(text: str) -> Iterator[object]:
    """Every JSON value in a text, as it stands; and at last the text repaired, if it is short enough."""
    starts = [match.start() for match in re.finditer(r"[\[{]", text)][:_CANDIDATES]
    end = 0
    for start in starts:
        if start >= end:
            try:
                value, end = json.JSONDecoder().raw_decode(text, start)
                yield value
            except (ValueError, RecursionError):
                continue
    if starts:
        yield _repaired(text[starts[0] :])


def _repaired(text: str) -> object:
    text = text[: max(text.rfind("]"), text.rfind("}")) + 1 or None]
    if len(text) <= _REPAIRABLE:
        try:
            return json_repair.loads(text)
        except (ValueError, RecursionError):
            return None
    return [_repaired(element) for element in Scanner().feed(text) if len(element) <= _REPAIRABLE][:1000]


def _reply(value: object) -> Reply:
    tasks = tuple(_collect(value))
    if tasks or not isinstance(value, dict):
        return Reply(tasks)
    said = {key: str(value.get(key) or "").strip() for key in ("question", *_REPLY)}
    return Reply((), next((said[key] for key in _REPLY if said[key]), ""), said["question"])


def _collect(value: object, depth: int = 0) -> Iterator[Written]:
    """The tasks in a value: itself, the members of a list, or what one of its keys holds."""
    if found := written(value):
        yield found
    elif depth < _DEPTH:
        members = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        for member in members:
            if isinstance(member, dict | list):
                yield from _collect(member, depth + 1)


def _first(value: Mapping[str, Any], keys: tuple[str, ...]) -> object:
    return next((value[key] for key in keys if key in value), None)


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else () if value is None else (value,)


def _arguments(value: object) -> dict[str, Any]:
    """Arguments by name; a bare value or a list of them is numbered."""
    if isinstance(value, dict):
        return {str(name): given for name, given in value.items()}
    pairs = [_named(item, number) for number, item in enumerate(_listed(value))]
    return dict(pairs)


def _named(item: object, number: int) -> tuple[str, object]:
    if isinstance(item, dict) and "value" in item:
        return str(item.get("name", number)), item["value"]
    return str(number), item


class Scanner:
    """Cuts a growing text into the objects of its list: each as soon as its last brace is written."""

    def __init__(self) -> None:
        self._text, self._at, self._start, self._level = "", 0, -1, 0
        self._open: list[str] = []
        self._quote, self._escaped = "", False

    def feed(self, text: str) -> Iterator[str]:
        """Take more text, and give every object that it completes: those in the outermost list."""
        self._text += text
        while self._at < len(self._text):
            if (element := self._step(self._text[self._at])) is not None:
                yield element
            self._at += 1

    def _step(self, char: str) -> str | None:
        if self._quote:
            self._quoted(char)
        elif char in "\"'" and self._open:
            self._quote = char
        elif char in "[{":
            if char == "{" and self._start < 0 and self._open[-1:] == ["["]:
                self._start, self._level = self._at, len(self._open)
            self._open.append(char)
        elif char in "]}" and self._open:
            self._open.pop()
            if self._start >= 0 and len(self._open) == self._level:
                element, self._start = self._text[self._start : self._at + 1], -1
                return element
        return None

    def _quoted(self, char: str) -> None:
        if self._escaped or char == "\\":
            self._escaped = not self._escaped
        elif char == self._quote:
            self._quote = ""
