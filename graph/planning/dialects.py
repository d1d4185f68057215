"""Reads the many ways in which models write a plan, without judging what it says.

The written form that we ask for is compact: ``{"tasks": [{"image-to-text": {"image": "a.png"}}, ...]}``, numbered from
0 by position, ``<rN>`` for the output of task N, and ``"after": [ids]`` only where no reference tells the order. Read
besides: fenced JSON, JSON in prose, trailing commas, single quotes, one object instead of a list, a task's slots by
name (``task``, ``id``, ``dep``, ``args``), TaskBench's ``task_nodes`` and ``arguments``, string ids.

A member of a list that is no task keeps its place, and of what may be lost there is a complaint.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from graph.planning.loose_json import Found, find
from graph.planning.names import known, near_references, resembles
from graph.planning.scanner import Scanner
from tools import clean

MAX_CHARACTERS = 100_000  # of a model's text; more is no plan
_SHOWN = 200  # characters of what cannot be read that are shown
_LOOKED_AT = 2_000  # words that are compared with the names of tasks
_DEPTH = 3  # lists within lists that are looked into
_THOUGHT = re.compile(r"\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S | re.I)
_TASK, _ARGS = ("task", "tool", "task_type", "name"), ("args", "arguments", "parameters", "inputs")
_DEP, _REPLY = ("dep", "after", "deps", "dependencies"), ("reply", "answer", "message", "response")
_LISTS = ("tasks", "task_nodes", "plan", "steps", "nodes")
_WORD = re.compile(r"[\w-]+(?: [\w-]+){0,5}")
_BROKEN_OFF = re.compile(r"[\[{]\s*(?:[\"'\[{]|$)")
_BETWEEN = re.compile(r"[\s,;`]*(?:json)?[\s,;`]*", re.I)


@dataclass(frozen=True)
class Written:
    """One task as it was written: names and arguments unchecked. An argument without a name has its number.

    ``unread`` is what stands in its place where that is no task.
    """

    task: str
    id: int | None = None
    dep: tuple[int, ...] = ()
    args: Mapping[str, Any] = field(default_factory=dict)
    unread: str = ""


@dataclass(frozen=True)
class Reply:
    """What a model answered: tasks, or else words to the user, or a question to ask; or none of it.

    ``complaints`` say what of it may be lost, in words for the model.
    """

    tasks: tuple[Written, ...] = ()
    text: str = ""
    question: str = ""
    complaints: tuple[str, ...] = ()


def read(text: str, request: str = "") -> Reply:
    """Read a model's answer. Never raises, and takes time in proportion to the text's length.

    What looks like a misspelt reference is one, unless the user's ``request`` has it.
    """
    cut = [f"Of {len(text):,} characters only {MAX_CHARACTERS:,} were read."] if len(text) > MAX_CHARACTERS else []
    text = clean.text(_THOUGHT.sub("", text[:MAX_CHARACTERS], count=1)).strip()
    found = [_Part.of(each) for each in find(text)]
    reply = _plan(text, found) or _said(found) or _words(text, found)
    return replace(reply, complaints=(*cut, *reply.complaints, *_misspelt(reply.tasks, request)))


def _misspelt(tasks: Sequence[Written], request: str) -> Iterator[str]:
    for task in tasks:
        near = near_references(json.dumps(task.args, ensure_ascii=False))
        yield from (f"{each!r} is no reference; they are written <rN>." for each in near if each not in request)


def written(value: object) -> Written | None:
    """The task that a member of a list stands for, if it stands for one."""
    if not isinstance(value, dict):
        return None
    name = next((value[key] for key in _TASK if isinstance(value.get(key), str)), None) or _compact(value)
    if name is None:
        return None
    dep = tuple(id_ for each in _listed(_first(value, _DEP, like=True)) if (id_ := _id(each)) is not None)
    return Written(name, _id(value.get("id")), dep, _arguments(_given(value, name)))


def _given(value: Mapping[str, Any], name: str) -> object:
    """The arguments: under their name or the task's, or else the one object that there is."""
    objects = [each for each in value.values() if isinstance(each, dict)]
    named = _first(value, (name, *_ARGS))
    return objects[0] if named is None and len(objects) == 1 else named


def _compact(value: Mapping[str, Any]) -> str | None:
    """The name in the compact form: the one key that is a task type, or that could only be one."""
    names = [str(key) for key in value if known(str(key))]
    others = [str(key) for key in value if key not in (*_DEP, "id")]
    if not names and len(others) == 1 and isinstance(value[others[0]], dict):
        return others[0]
    return names[0] if len(names) == 1 else None


def _id(value: object) -> int | None:
    """A task's number, also out of "3" or "task-3"; None for -1, which stands for nothing."""
    found = re.search(r"(?<!\d)\d{1,6}(?!\d)", str(value)) if isinstance(value, int | str) else None
    return int(found[0]) if found and not str(value).startswith("-") else None


@dataclass(frozen=True)
class _Part:
    """A JSON value of the text, and the tasks in it; ``listed`` tells a plan from a task by itself."""

    found: Found
    tasks: tuple[Written, ...]
    listed: bool

    @classmethod
    def of(cls, found: Found) -> "_Part":
        if found.doubt:
            return cls(found, tuple(_certain(found.text)) if _speaks_of_tasks(found.text) else (), listed=True)
        alone = written(found.value) if _is_task(found.value) else None
        return cls(found, (alone,) if alone else tuple(_collect(found.value)), alone is None)

    @property
    def speaks_of_tasks(self) -> bool:
        return bool(self.tasks) or _speaks_of_tasks(self.found.text)

    @property
    def breaks_off(self) -> bool:
        return bool(self.found.doubt and _BROKEN_OFF.match(self.found.text))

    def complaints(self) -> Iterator[str]:
        if self.found.doubt:
            yield f"Part of the plan cannot be read: {self.found.doubt}"
        elif self.listed and (count := _mentioned(self.found.value)) > len(self.tasks):
            yield f"Of {count} tasks {len(self.tasks)} stand as members of one list."


def _speaks_of_tasks(text: str) -> bool:
    return any(word in _LISTS or known(word) for word in _WORD.findall(text)[:_LOOKED_AT])


def _certain(text: str) -> Iterator[Written]:
    """The first members of the last list in a text that is in doubt; from the first that cannot be read none is."""
    members: list[str] = []
    for place, member in Scanner().feed(text):
        members = [*members, member] if place else [member]
    for member in members:
        try:
            yield _member(clean.json(json.loads(member, strict=False)))
        except (ValueError, RecursionError):
            yield Written("", unread=member[:_SHOWN])
            return


def _plan(text: str, parts: Sequence[_Part]) -> Reply | None:
    """The last list of tasks, or else the tasks that stand by themselves, with what else speaks of tasks."""
    last = max((number for number, part in enumerate(parts) if part.tasks and part.listed), default=None)
    if last is None:
        return _singles(text, [part for part in parts if part.speaks_of_tasks])
    left = [part for part in parts[last + 1 :] if part.speaks_of_tasks or part.breaks_off]
    more = ["After the list of tasks there are more."] if left else []
    more += ["The plan that was announced did not come."] if text.endswith(":") else []
    return Reply(parts[last].tasks, complaints=(*parts[last].complaints(), *more))


def _singles(text: str, parts: Sequence[_Part]) -> Reply | None:
    """Tasks without a list around them, such as one a line."""
    if not any(part.tasks for part in parts):
        return None
    gaps = [text[one.found.end : other.found.start] for one, other in pairwise(parts)]
    apart = not all(_BETWEEN.fullmatch(gap) for gap in gaps) or not all(part.tasks for part in parts)
    complaints = ["There are several tasks, but no one list of all."] if apart else []
    complaints += [each for part in parts for each in part.complaints()]
    return Reply(tuple(task for part in parts for task in part.tasks), complaints=tuple(dict.fromkeys(complaints)))


def _said(parts: Sequence[_Part]) -> Reply | None:
    """The last reply or question in the text."""
    for part in reversed(parts):
        value = part.found.value if isinstance(part.found.value, dict) else {}
        said = {key: str(value.get(key) or "").strip() for key in ("question", *_REPLY)}
        text = next((said[key] for key in _REPLY if said[key]), "")
        if text or said["question"]:
            return Reply((), text, said["question"], tuple(part.complaints()))
    return None


def _words(text: str, parts: Sequence[_Part]) -> Reply:
    """An answer in mere words; none where it is JSON that says nothing, or breaks off where JSON begins."""
    lost = any(part.breaks_off or (part.found.doubt and part.speaks_of_tasks) for part in parts)
    return Reply(text="" if lost or text.startswith(("{", "[", "```")) else text)


def _is_task(value: object) -> bool:
    """Whether an object is itself a task: it names a task type, and holds no list of tasks."""
    if not isinstance(value, dict) or any(isinstance(value.get(key), list) for key in _LISTS):
        return False
    return any(isinstance(value.get(key), str) for key in _TASK) or len([key for key in value if known(str(key))]) == 1


def _collect(value: object, depth: int = 0) -> Iterator[Written]:
    """The tasks in a value: the members of its list, wherever that stands."""
    members = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if isinstance(value, dict) and (lists := [value[key] for key in _LISTS if isinstance(value.get(key), list)]):
        yield from _members(next((each for each in lists if any(map(_is_task, each))), lists[0]))
    elif _is_task(value):
        yield from filter(None, [written(value)])
    elif any(map(_is_task, members)):
        yield from (_member(each) for each in members if isinstance(value, list) or isinstance(each, dict | list))
    elif depth < _DEPTH:
        for member in members:
            yield from _collect(member, depth + 1)


def _members(listed: list[Any]) -> Iterator[Written]:
    """The members of what is said to be the list of tasks; a list around that list alone means nothing."""
    if len(listed) == 1 and isinstance(listed[0], list):
        yield from _members(listed[0])
    else:
        yield from map(_member, listed)


def _member(value: object) -> Written:
    id_ = _id(value.get("id")) if isinstance(value, dict) else None
    return written(value) or Written("", id_, unread=json.dumps(value, ensure_ascii=False)[:_SHOWN])


def _mentioned(value: object) -> int:
    """How many task types an answer names, wherever in its structure."""
    if isinstance(value, list):
        return sum(map(_mentioned, value))
    if not isinstance(value, dict):
        return 0
    named = any(isinstance(value.get(key), str) and known(value[key]) for key in _TASK)
    return named + sum(known(str(key)) + _mentioned(member) for key, member in value.items())


def _first(value: Mapping[str, Any], keys: tuple[str, ...], *, like: bool = False) -> object:
    """What stands under the first of the keys that is there, also where that is misspelt."""
    found = next((value[key] for key in keys if key in value), None)
    near = [key for key in value if like and found is None and resembles(str(key), keys)]
    return value[near[0]] if near else found


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
