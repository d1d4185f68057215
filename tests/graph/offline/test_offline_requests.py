"""Everyday requests, and the plans by the experts that are always there.

Each line of the data says what is asked, the files that come with it, and what the plan ends in: every task that no
other uses, written as ``type(slot, slot)`` with the tasks it uses inside, ``*`` for any text. ``or`` is a second plan
that serves as well; ``told`` must stand in the notes, and without it there are none.
"""

import json
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import permutations
from pathlib import Path
from typing import Any

from graph.offline import plan
from graph.state import Task
from tools.experts import EXPERTS
from tools.tasks import TASKS

OFFERED = {name: TASKS[name] for name in TASKS if name in {expert.task for expert in EXPERTS}}
LINES = Path(__file__).with_name("requests.jsonl").read_text(encoding="utf-8").splitlines()
FLOOR = 240  # of the requests, how many must be planned right
REQUESTS = [json.loads(line) for line in LINES]


def ends(tasks: Sequence[Task]) -> list[str]:
    written: dict[int, str] = {}
    for task in tasks:
        values = [task.args[slot.name] for slot in TASKS[task.task].slots if slot.name in task.args]
        text = ", ".join(" | ".join(value) if isinstance(value, list) else value for value in values)
        text = re.sub(r"<resource-(\d+)>", lambda ref: written[int(ref[1])], text)
        written[task.id] = f"{task.task}({text})"
    used = {dep for task in tasks for dep in task.dep}
    return [text for id_, text in written.items() if id_ not in used]


def agree(found: Sequence[str], patterns: Sequence[str]) -> bool:
    return len(found) == len(patterns) and any(all(map(fnmatchcase, order, patterns)) for order in permutations(found))


def right(request_: dict[str, Any]) -> bool:
    """Whether a request is planned as its line says, and what is left out is told."""
    draft = plan(request_["say"], request_["files"], OFFERED)
    found = ends(draft.tasks)
    if not request_["plan"]:
        return not found and bool(draft.refusal or draft.question)
    notes = " ".join(draft.notes).lower()
    told = all(part.lower() in notes for part in request_.get("told", []))
    return told and (agree(found, request_["plan"]) or agree(found, request_.get("or", [])))


def test_everyday_requests_are_planned_as_often_as_they_were() -> None:
    wrong = [each["say"] for each in REQUESTS if not right(each)]
    assert len(REQUESTS) - len(wrong) >= FLOOR, wrong
