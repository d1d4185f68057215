"""Everyday requests, and the plans by the experts that are always there.

Each line of the data says what is asked, the files that come with it, and what the plan ends in: every task that no
other uses, written as ``type(slot, slot)`` with the tasks it uses inside, ``*`` for any text. ``or`` is a second plan
that serves as well; ``told`` must stand in the notes, and without it there are none. ``missed`` are planned wrong yet.
"""

import json
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from graph.by_rule import drafted
from graph.conversation import Request
from graph.state import Task
from tools.experts import EXPERTS
from tools.tasks import TASKS

OFFERED = {name: TASKS[name] for name in TASKS if name in {expert.task for expert in EXPERTS}}
LINES = Path(__file__).with_name("requests.jsonl").read_text(encoding="utf-8").splitlines()
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


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(each, id=each["say"][:60], marks=[pytest.mark.xfail(strict=True)] if "missed" in each else [])
        for each in REQUESTS
    ],
)
def test_an_everyday_request_is_planned_as_it_is_meant(request_: dict[str, Any]) -> None:
    said, files = request_["say"], request_["files"]
    draft = drafted(Request(said, files, [], HumanMessage(said)), OFFERED)
    found = ends(draft.tasks)
    if not request_["plan"]:
        assert not found
        assert draft.refusal or draft.question
        return
    meant = [request_[name] for name in ("plan", "or") if name in request_]
    assert any(agree(found, plan) for plan in meant), (found, draft.question or draft.refusal)
    notes = " ".join(draft.notes).lower()
    assert all(part.lower() in notes for part in request_.get("told", []))
    assert "told" in request_ or not notes
