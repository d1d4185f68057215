"""Fixtures of the graph's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from graph.state import Task
from tools.extras.entry import Entry
from tools.tasks import TASKS


@pytest.fixture
def outward() -> Iterator[list[Task]]:
    """Two tasks of types that an owner added: the first may change something outside, the second only reads."""
    place: dict[str, Any] = {"kind": "function", "source": "module:function", "purpose": "do something"}
    rows = [Entry(name="send-mail", **place).row(), Entry(name="read-mail", read_only=True, **place).row()]
    TASKS.update({row.name: row for row in rows})
    yield [Task(task=row.name, id=id_) for id_, row in enumerate(rows)]
    for row in rows:
        del TASKS[row.name]
