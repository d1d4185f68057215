"""A plan while it is being mended."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from graph.binding import references
from graph.planning import names
from graph.planning.dialects import Written
from graph.state import Task
from tools.tasks import Slot, TaskType


@dataclass
class Step:
    """A task in the making. Every value of ``args`` is a list of texts, whatever its slot takes in the end."""

    id: int
    row: TaskType
    after: set[int]
    args: dict[str, list[str]]

    @classmethod
    def of(cls, id_: int, row: TaskType, written: Written) -> "Step":
        """A step from a task whose ids are settled; its arguments are not yet sorted into slots."""
        args = {name: values for name, value in written.args.items() if (values := texts(value))}
        return cls(id_, row, set(written.dep), args)

    @property
    def dep(self) -> set[int]:
        """Every step that must be done before: those it refers to and those it only comes after."""
        return self.after | references(list(self.args.values()))

    def task(self) -> Task:
        """The finished task."""
        many = {slot.name for slot in self.row.slots if slot.many}
        args: dict[str, Any] = {
            name: values if name in many else "\n".join(values) for name, values in self.args.items() if values
        }
        return Task(task=self.row.name, id=self.id, dep=sorted(self.dep), args=args)


@dataclass
class Findings:
    """What checking found."""

    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    blamed: dict[int, str] = field(default_factory=dict)  # why each task that is at fault cannot run
    missing: tuple[TaskType, Slot] | None = None

    def note(self, text: str) -> None:
        """Something was mended, to be told to the user."""
        if text not in self.notes:
            self.notes.append(text)

    def problem(self, text: str) -> None:
        """Something only the writer can mend."""
        self.problems.append(text)

    def fault(self, id_: int, what: str, name: str = "", hint: str = "") -> None:
        """What is wrong with one task; ``hint`` is for the writer alone."""
        self.problem(f"Task {id_}{f' ({name})' if name else ''}: {' '.join(filter(None, (f'{what}.', hint)))}")
        self.blamed.setdefault(id_, f"{what}.")


def texts(value: object) -> list[str]:
    """An argument's value as a list of texts, its references in our form: numbers as written, objects as JSON."""
    if value is None or value == "":
        return []
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item)]
    if isinstance(value, str):
        return [names.references(value)]
    return [json.dumps(value, ensure_ascii=False)]


def needs_of(task: Written) -> set[int]:
    """The ids that a task refers to, or comes after."""
    return set(task.dep) | references([text for value in task.args.values() for text in texts(value)])


def number(written: Sequence[Written]) -> dict[int, Written]:
    """The tasks by unique ids, their references and dependencies following.

    A task without a usable id has its position, where no other has that id. Where two have the same id the later one
    gets a new id, and what is written after it means the later one.
    """
    written_ids = {task.id for task in written}
    free = iter(range(max([*(id_ for id_ in written_ids if id_ is not None), len(written)]) + 1, 2**63))
    wished = [_wish(position, task.id, written_ids, free) for position, task in enumerate(written)]
    first: dict[int, int] = {}
    taken: set[int] = set()
    ids = []
    for wish in wished:
        ids.append(next(free) if wish in taken else wish)
        taken.add(ids[-1])
        first.setdefault(wish, ids[-1])
    latest = dict(first)
    numbered = {}
    for id_, wish, task in zip(ids, wished, written, strict=True):
        numbered[id_] = _renamed(task, latest)
        latest[wish] = id_
    return numbered


def _wish(position: int, id_: int | None, written_ids: Set[int | None], free: Iterator[int]) -> int:
    if id_ is not None:
        return id_
    return next(free) if position in written_ids else position


def _renamed(task: Written, names_: Mapping[int, int]) -> Written:
    args = {name: _follow(texts(value), names_) for name, value in task.args.items()}
    return replace(task, dep=tuple(names_.get(dep, dep) for dep in task.dep), args=args)


def _follow(values: list[str], names_: Mapping[int, int]) -> list[str]:
    return [
        re.sub(r"<resource-(\d+)>", lambda match: f"<resource-{names_.get(int(match[1]), int(match[1]))}>", value)
        for value in values
    ]
