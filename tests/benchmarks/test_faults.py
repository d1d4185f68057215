"""The quick rows of the fault matrix: what a fault does to a request is as the table says."""

import os
from collections.abc import Iterator

import pytest

from benchmarks.faults.__main__ import observe, rows
from benchmarks.faults.bench import Row, Seen
from graph.state import Result

QUICK = rows(quick=True)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    yield
    assert "HF_TOKEN" not in os.environ


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("row", QUICK, ids=[f"{row.stage}: {row.fault}" for row in QUICK])
def test_a_fault_does_what_the_table_says(row: Row) -> None:
    outcome = observe(row)
    assert not outcome.wrong, outcome.seen


async def _nothing(_: object) -> Seen:
    return Seen()


def _seen(**wrong: object) -> list[str]:
    row = Row("execute", "x", "told", _nothing, frozenset({1}))
    result = Result(id=1, task="translation", status="done", text="translation(Beta)")
    return row.judge(Seen(**{"results": [result], "answer": "told", "kept": {1: "done"}, **wrong}))


def test_the_judge_sees_what_it_is_to_see() -> None:
    assert _seen() == []
    assert _seen(results=[]) == ["lost: task 1"]
    assert _seen(kept={}) == ["lost later: task 1"]
    assert _seen(answer="nothing") == ["not told"]
    assert _seen(log='Traceback (most recent call last):\n  File "x.py", line 1') == ["a stack trace"]
    assert _seen(bug="KeyError: 1") == ["a bug: KeyError: 1"]
    swapped = Result(id=1, task="translation", status="done", text="translation(Alpha)")
    assert _seen(results=[swapped]) == ["wrong binding: task 1 says translation(Alpha)"]
