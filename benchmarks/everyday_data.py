"""Everyday requests with the plans that are right: ``data/everyday/FORMAT.md`` says how a line is read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.errors import InputError
from tools.files.resources import mentioned

FOLDER = Path(__file__).with_name("data") / "everyday"
_REFERENCE = re.compile(r"<r(\d+)>")


@dataclass(frozen=True)
class Everyday:
    """One request. ``accept`` are the plans that are right; ``outcomes`` what else than a plan is."""

    id: str
    kind: str
    request: str
    attached: tuple[str, ...]
    outcomes: tuple[str, ...]
    accept: tuple[Sequence[Mapping[str, Any]], ...]
    record: Mapping[str, Any]

    @property
    def files(self) -> list[str]:
        """The files that come with it, and those that are only named in it."""
        return list(dict.fromkeys([*self.attached, *self._named()]))

    def _named(self) -> Iterator[str]:
        known = {file.lower() for file in self.attached}
        yield from (name for name in mentioned(self.request) if name.lower() not in known)


def load(path: Path) -> list[Everyday]:
    """Read requests, one JSON object a line.

    Raises:
        InputError: the file cannot be read as such.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        requests = [_everyday(json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{path} cannot be read as everyday requests ({error}); give one JSON object a line."
        raise InputError(why) from error
    if not requests:
        raise InputError(f"{path} holds no requests; give one JSON object a line.")
    return requests


def _everyday(record: Mapping[str, Any]) -> Everyday:
    outcomes = tuple(() if record["outcome"] == "plan" else (record["outcome"], *record.get("or", [])))
    accept = tuple(record["accept"])
    id_, kind = str(record["id"]), str(record.get("kind", record["outcome"]))
    return Everyday(id_, kind, str(record["request"]), tuple(record["files"]), outcomes, accept, record)


def wish(task: Mapping[str, Any]) -> str:
    """The wish that a task stands for: its type, and for a classification what of the text is wanted."""
    name = str(task["task"])
    return f"{name}/{task['args'].get('aspect', 'sentiment')}" if name == "text-classification" else name


def wishes(plan: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The set of wishes that a plan meets; copies for several files count once."""
    return frozenset(map(wish, plan))


def references(value: object) -> list[int]:
    """The positions of the tasks that an argument refers to."""
    return [int(number) for number in _REFERENCE.findall(str(value))]
