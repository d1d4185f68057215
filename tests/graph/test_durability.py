"""What was told finished never runs again, whenever the process is killed, and nothing is lost or swapped."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from PIL import Image

from benchmarks.support.databases import postgres
from benchmarks.support.stubs import StubBackend
from graph.context import Context
from graph.state import Result, Task
from tests.support.execution import TEXT, echo, executor, state, text
from tests.support.kills import Tally, busy, request
from tests.support.lives import TASKS, expected, outcome, plan
from tools.protocol import Call, Output
from tools.settings import settings

Stubs = Callable[..., StubBackend]
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signal")
@pytest.mark.parametrize(("seed", "others"), [(0, 0), (1, 0), (2, 2), (3, 2)])
def test_a_killed_process_loses_and_repeats_nothing(tmp_path: Path, seed: int, others: int) -> None:
    with busy(others):
        tally = request(tmp_path, seed, 0.1, 12)
    _check(tally, seed, outcome(tmp_path, seed))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signal")
def test_nor_does_one_that_keeps_its_requests_in_postgres(tmp_path: Path) -> None:
    with postgres() as database, busy(2):
        tally = request(tmp_path, 4, 0.1, 12, database.url)
        results = outcome(tmp_path, 4, database.url)
    _check(tally, 4, results)


def _check(tally: Tally, seed: int, results: list[Result]) -> None:
    assert {result.id: result.text for result in results} == expected(plan(seed))
    assert tally.kills > 2
    assert (tally.repeated, tally.silent) == (0, 0)
    assert tally.told > TASKS // 2  # all but those whose process was killed between the record and the telling


class Slow(InMemorySaver):
    """A saver that keeps nothing before it is let; ``asked`` are the tasks whose results it was to write."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let = list[int](), asyncio.Event()

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        if results := [value.id for _, value in writes if isinstance(value, Result)]:
            self.asked += results
            await self.let.wait()
        await super().aput_writes(config, writes, task_id, task_path)


@pytest.mark.parametrize("durability", ["async", "sync"])
async def test_a_task_is_told_finished_once_its_result_is_kept(stubs: Stubs, durability: Any) -> None:  # noqa: ANN401
    ran, told, saver = asyncio.Event(), list[str](), Slow()

    async def model(call: Call) -> Output:
        if call.inputs["text"] == "after one":
            ran.set()
        return await echo(call)

    async def listen() -> None:
        given, stream = state([text(0, "one"), text(1, "after <resource-0>", 0)]), executor(saver)
        async for event in stream.astream(
            given, THREAD, context=Context(), stream_mode="custom", durability=durability
        ):
            told.append(f"{event['event']} {event['id']}")

    stubs(echo=model)
    async with asyncio.timeout(60):
        listening = asyncio.create_task(listen())
        await ran.wait()  # what depends on a task has no need to wait for the disk
        await asyncio.sleep(0.05)
        assert told == [f"{event} {id_}" for id_ in (0, 1) for event in ("queued", "started")]
        assert set(saver.asked) == {0}  # but is not put on record before it
        saver.let.set()
        await listening
    assert told[4:] == ["finished 0", "finished 1"]
    assert sorted(set(saver.asked)) == [0, 1]


class Late(InMemorySaver):
    """A saver that is slow with checkpoints, which LangGraph writes in the background."""

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> RunnableConfig:  # noqa: ANN401
        await asyncio.sleep(0.1)
        return await super().aput(config, checkpoint, metadata, new_versions)


async def test_a_result_counts_as_kept_once_its_checkpoint_is_kept_too(stubs: Stubs) -> None:
    stubs(echo=echo)
    saver = Late()
    async for event in executor(saver).astream(
        state([text(0, "one")]), THREAD, context=Context(), stream_mode="custom"
    ):
        if event["event"] == "finished":
            kept = await saver.aget_tuple(THREAD)
            assert kept
            assert [value.id for _, _, value in kept.pending_writes or [] if isinstance(value, Result)] == [0]


@pytest.mark.parametrize("durability", ["exit", None])
async def test_who_wants_nothing_kept_on_the_way_is_told_at_once(stubs: Stubs, durability: Any) -> None:  # noqa: ANN401
    stubs(echo=echo)
    graph = executor(Late() if durability else None)
    stream = graph.astream(
        state([text(0, "one")]), THREAD, context=Context(), stream_mode="custom", durability=durability
    )
    assert [event["event"] async for event in stream] == ["queued", "started", "finished"]


async def test_a_result_that_cannot_be_kept_is_told_all_the_same(
    stubs: Stubs, caplog: pytest.LogCaptureFixture
) -> None:
    class Full(InMemorySaver):
        async def aput_writes(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    async def listen() -> None:
        given = state([text(0, "one")])
        async for event in executor(Full()).astream(given, THREAD, context=Context(), stream_mode="custom"):
            told.append(event["event"])  # noqa: PERF401 - the stream ends with an error

    stubs(echo=echo)
    told: list[str] = []
    with pytest.raises(OSError, match="No space"):
        await listen()
    assert told == ["queued", "started", "finished"]
    assert "could not be recorded: [Errno 28] No space" in caplog.text


async def test_a_task_whose_file_was_deleted_before_the_run_was_resumed_runs_again(stubs: Stubs) -> None:
    async def model(call: Call) -> Output:
        begun.append(call.task.name)
        if call.task.name == "text-to-image":
            return Output(media=(Image.new("RGB", (4, 4)),))
        if not deleted.is_set():
            reached.set()
            await asyncio.Event().wait()
        return Output(text="seen")

    stubs(echo=model)
    begun, deleted, reached = list[str](), asyncio.Event(), asyncio.Event()
    graph = executor(InMemorySaver())
    tasks = [Task(task="text-to-image", id=0, args={"text": "a cat"}), text(1, "look", 0)]
    async with asyncio.timeout(60):
        running = asyncio.create_task(graph.ainvoke(state(tasks), THREAD, context=Context(cache=False)))
        await reached.wait()
        running.cancel()
        await asyncio.wait([running])
        shutil.rmtree(settings().out)
        deleted.set()
        final = await graph.ainvoke(None, THREAD, context=Context(cache=False))
    assert begun == ["text-to-image", TEXT, "text-to-image", TEXT]
    assert [result.status for result in final["results"]] == ["done", "done"]
    assert Path(final["results"][0].files[0]).is_file()
