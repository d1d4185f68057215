"""Long texts: kept whole in files, passed on whole, bounded, and never in checkpoints."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from benchmarks.support.stubs import StubBackend
from graph.answer import compose
from graph.context import Context
from graph.state import Plan, Task
from tests.support.execution import executor, run, state, text
from tools.protocol import Call, Output
from tools.settings import settings
from tools.toolbox import LARGEST, LONG

Stubs = Callable[..., StubBackend]
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}


async def doubles(call: Call) -> Output:
    return Output(text=call.inputs["text"] * 2)


async def repeats(call: Call) -> Output:
    return Output(text=call.inputs["text"])


async def test_a_long_text_goes_on_whole_and_its_beginning_is_shown(stubs: Stubs) -> None:
    stubs(echo=repeats)
    long = "".join(f"Line {number}, sträng.\n" for number in range(5000)).strip()
    results = await run([text(0, long), text(1, "<resource-0>", 0), text(2, "again: <resource-1>", 1)])
    for id_, whole in enumerate([long, long, f"again: {long}"]):
        result = results[id_]
        assert result.whole in result.files
        assert Path(result.whole or "").read_text("utf-8") == whole
        assert result.text == whole[:LONG]
        assert result.more == len(whole) - LONG
    answer = compose(Plan(), [results[0]], "offline")
    shown = answer.partition(" ... (")[0]
    assert long.startswith(shown.strip())
    assert f"({len(long) - len(shown):,} more characters)" in answer
    assert f"]({results[0].whole})" in answer


async def test_a_long_text_is_reused_whole(stubs: Stubs) -> None:
    stubs(echo=repeats)
    long = "word " * LONG
    tasks = [
        Task(task="translation", id=0, args={"text": long, "language": "German"}),
        Task(task="translation", id=1, dep=[0], args={"text": "<resource-0>", "language": "French"}),
    ]
    await run(tasks)
    again = await run(tasks)
    assert [result.cached for result in again.values()] == [True, True]
    assert Path(again[1].whole or "").read_text("utf-8") == long


@pytest.mark.slow
async def test_texts_that_double_along_a_chain_end_in_a_sentence_and_fill_neither_memory_nor_database(
    stubs: Stubs, tmp_path: Path
) -> None:
    stubs(echo=doubles)
    tasks = [text(0, "0123456789"), *(text(number, f"<resource-{number - 1}>", number - 1) for number in range(1, 40))]
    database = tmp_path / "threads.sqlite"
    tracemalloc.start()
    async with AsyncSqliteSaver.from_conn_string(str(database)) as saver:
        final: dict[str, Any] = await executor(saver).ainvoke(state(tasks), THREAD, context=Context(cache=False))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    ends = [result.status for result in final["results"]]
    first = ends.index("failed")
    assert ends == ["done"] * first + ["failed"] + ["skipped"] * (39 - first)
    assert len(Path(final["results"][first - 1].whole).read_text()) <= LARGEST < 10 * 2 ** (first + 1)
    assert f"at most {LARGEST:,}" in final["results"][first].error
    assert peak < 20 * LARGEST
    assert sum(file.stat().st_size for file in tmp_path.glob("threads.sqlite*")) < 20 * 40 * LONG


async def test_one_text_made_of_many_is_bounded_too(stubs: Stubs) -> None:
    stubs(echo=repeats)
    long = "x" * (LARGEST // 10)
    results = await run([text(0, long), text(1, "<resource-0>" * 11, 0), text(2, "<resource-0>", 0)])
    assert [results[id_].status for id_ in range(3)] == ["done", "failed", "done"]
    assert f"takes at most {LARGEST:,}" in (results[1].error or "")


async def test_a_text_whose_file_is_gone_fails_what_needs_it(stubs: Stubs) -> None:
    async def model(call: Call) -> Output:
        if call.inputs["text"] == "wipe":
            for file in settings().out.glob("*.txt"):
                file.unlink()
        return await repeats(call)

    stubs(echo=model)
    results = await run([text(0, "word " * LONG), text(1, "wipe", 0), text(2, "<resource-0>", 0, 1)])
    assert [results[id_].status for id_ in range(3)] == ["done", "done", "failed"]
    assert "which holds the text, cannot be read: No such file" in (results[2].error or "")
