"""What is known of the Hub, with the Hub's part played by a function."""

import json
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tools.models.facts import Facts, snapshot
from tools.models.hub import Hub
from tools.tasks import TASKS

DAY = 24 * 3600.0


def facts(model: str, task: str = "fill-mask") -> Facts:
    return Facts(model=model, task=task, as_of=date(2026, 1, 1))


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def names(models: tuple[Facts, ...]) -> list[str]:
    return [model.model for model in models]


def test_the_snapshot_says_that_it_is_approximate_and_when_it_was_written() -> None:
    rows = [row for rows in snapshot().values() for row in rows]
    assert len(rows) > 100
    assert all(row.approximate and row.as_of.year >= 2025 for row in rows)
    assert {row.task for row in rows} <= set(TASKS)
    assert len({(row.task, row.model) for row in rows}) == len(rows)


def test_the_snapshot_stands_in_until_the_hub_has_answered(tmp_path: Path) -> None:
    let_go = threading.Event()

    def ask(tag: str) -> list[Facts]:
        let_go.wait(5)
        return [facts("live/model", tag)]

    known = Hub(tmp_path, DAY, ask)
    assert known.known("fill-mask") == snapshot()["fill-mask"]
    assert known.age("fill-mask") is None
    let_go.set()
    until(lambda: names(known.known("fill-mask")) == ["live/model"])
    assert known.age("fill-mask") is not None


def test_what_the_hub_said_outlives_the_process(tmp_path: Path) -> None:
    Hub(tmp_path, DAY, lambda tag: [facts("live/model", tag)]).refresh("fill-mask")
    asked: list[str] = []
    later = Hub(tmp_path, DAY, lambda tag: asked.append(tag) or [])
    assert names(later.known("fill-mask")) == ["live/model"]
    assert asked == []


def test_an_old_answer_is_used_while_a_new_one_is_fetched(tmp_path: Path) -> None:
    old = {"fetched": time.time() - 2 * DAY, "models": [facts("old/model").model_dump(mode="json")]}
    (tmp_path / "fill-mask.json").write_text(json.dumps(old))
    known = Hub(tmp_path, DAY, lambda tag: [facts("new/model", tag)])
    assert names(known.known("fill-mask")) == ["old/model"]
    until(lambda: names(known.known("fill-mask")) == ["new/model"])


@pytest.mark.parametrize("broken", [b"", b'{"fetched": 1, "models": [{"mo', b"[]", b'{"models": []}', b"\xff"])
def test_a_broken_file_is_as_good_as_none(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "fill-mask.json").write_bytes(broken)
    assert Hub(tmp_path, 0).known("fill-mask") == snapshot()["fill-mask"]


def test_a_failure_is_remembered_for_a_while(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(tag: str) -> list[Facts]:
        asked.append(tag)
        raise ConnectionError

    known = Hub(tmp_path, DAY, ask)
    for tag in ("fill-mask", "translation", "summarization"):
        known.known(tag)
    until(lambda: bool(asked))
    time.sleep(0.05)
    before = len(asked)
    assert before <= 2  # the first failure clears the queue
    known.known("fill-mask")
    time.sleep(0.05)
    assert len(asked) == before


def test_a_query_that_never_ends_does_not_stop_the_catalogue(tmp_path: Path) -> None:
    let_go = threading.Event()

    def ask(tag: str) -> list[Facts]:
        if tag == "fill-mask":
            let_go.wait(5)
        return [facts("live/model", tag)]

    known = Hub(tmp_path, DAY, ask, patience=0.05, retry_after=0.05)
    known.known("fill-mask")
    until(lambda: names(known.known("translation")) == ["live/model"])
    let_go.set()


def test_age_zero_never_asks(tmp_path: Path) -> None:
    asked: list[str] = []
    known = Hub(tmp_path, 0, lambda tag: asked.append(tag) or [])
    known.known("fill-mask")
    time.sleep(0.05)
    assert asked == []


def test_a_second_look_at_a_task_reads_nothing(tmp_path: Path) -> None:
    known = Hub(tmp_path, 0)
    first = {name: known.known(name) for name in TASKS}
    assert all(known.known(name) is first[name] for name in TASKS)
