"""Reads the many ways in which models write a plan, without judging what it says.

The written form that we ask for is compact: ``{"tasks": [{"image-to-text": {"image": "a.png"}}, ...]}``, numbered from
0 by position, ``<rN>`` for the output of task N, and ``"after": [ids]`` only where no reference tells the order. Read
besides: one object instead of a list, a task's slots by name (``task``, ``id``, ``dep``, ``args``), TaskBench's
``task_nodes`` and ``arguments``, string ids. A member of a list that is no task keeps its place.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.planning.names import known, resembles

SHOWN = 200  # characters of what cannot be read that are shown
LISTS = ("tasks", "task_nodes", "plan", "steps", "nodes")
_DEPTH = 3  # lists within lists that are looked into
_TASK, _ARGS = ("task", "tool", "task_type", "name"), ("args", "arguments", "parameters", "inputs")
_DEP = ("dep", "after", "deps", "dependencies")


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


def written(value: object) -> Written | None:
    """The task that a member of a list stands for, if it stands for one."""
    if not isinstance(value, dict):
        return None
    name = next((value[key] for key in _TASK if isinstance(value.get(key), str)), None) or _compact(value)
    if name is None:
        return None
    after = _listed(_first(value, _DEP, like=True))
    if any(isinstance(entry, dict) for entry in after):  # a bracket is wrong, and what follows went into it
        return None
    dep = tuple(id_ for id_text in after if (id_ := _id(id_text)) is not None)
    return Written(name, _id(value.get("id")), dep, _arguments(_given(value, name)))


def _given(value: Mapping[str, Any], name: str) -> object:
    """The arguments: under their name or the task's, or else the one object that there is."""
    objects = [member for member in value.values() if isinstance(member, dict)]
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
    match = re.search(r"(?<!\d)\d{1,6}(?!\d)", str(value)) if isinstance(value, int | str) else None
    return int(match[0]) if match and not str(value).startswith("-") else None


def is_task(value: object) -> bool:
    """Whether an object is itself a task: it names a task type, and holds no list of tasks."""
    if not isinstance(value, dict) or any(isinstance(value.get(key), list) for key in LISTS):
        return False
    return any(isinstance(value.get(key), str) for key in _TASK) or len([key for key in value if known(str(key))]) == 1


def collect(value: object, depth: int = 0) -> Iterator[Written]:
    """The tasks in a value: the members of its list, wherever that stands."""
    members = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if isinstance(value, dict) and (lists := [value[key] for key in LISTS if isinstance(value.get(key), list)]):
        yield from _members(next((tasks for tasks in lists if any(map(is_task, tasks))), lists[0]))
    elif is_task(value):
        yield from filter(None, [written(value)])
    elif any(map(is_task, members)):
        yield from (member_of(entry) for entry in members if isinstance(value, list) or isinstance(entry, dict | list))
    elif depth < _DEPTH:
        for member in members:
            yield from collect(member, depth + 1)


def _members(listed: list[Any]) -> Iterator[Written]:
    """The members of what is said to be the list of tasks; a list around that list alone means nothing."""
    if len(listed) == 1 and isinstance(listed[0], list):
        yield from _members(listed[0])
    else:
        yield from map(member_of, listed)


def member_of(value: object) -> Written:
    """The task that a member of a list stands for; one that is none keeps its place, and its number if it has one."""
    id_ = _id(value.get("id")) if isinstance(value, dict) else None
    return written(value) or Written("", id_, unread=json.dumps(value, ensure_ascii=False)[:SHOWN])


def mentioned(value: object) -> int:
    """How many task types an answer names, wherever in its structure."""
    if isinstance(value, list):
        return sum(map(mentioned, value))
    if not isinstance(value, dict):
        return 0
    named = any(isinstance(value.get(key), str) and known(value[key]) for key in _TASK)
    return named + sum(known(str(key)) + mentioned(member) for key, member in value.items())


def _first(value: Mapping[str, Any], keys: tuple[str, ...], *, like: bool = False) -> object:
    """What stands under the first of the keys that is there, also where that is misspelt."""
    exact = next((value[key] for key in keys if key in value), None)
    near = [key for key in value if like and exact is None and resembles(str(key), keys)]
    return value[near[0]] if near else exact


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else () if value is None else (value,)


def _arguments(value: object) -> dict[str, Any]:
    """Arguments by name; a bare value or a list of them is numbered."""
    if isinstance(value, dict):
        return {str(name): argument for name, argument in value.items()}
    return dict(pair for number, item in enumerate(_listed(value)) for pair in _named(item, number))


def _named(item: object, number: int) -> Iterator[tuple[str, object]]:
    """An argument as it may stand in a list: with its name and value, as an object of arguments, or bare."""
    if not isinstance(item, dict):
        yield str(number), item
    elif "value" in item:
        yield str(item.get("name", number)), item["value"]
    else:
        yield from ((str(name), argument) for name, argument in item.items())
