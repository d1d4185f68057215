"""What can go wrong while tasks run: nothing hangs, nothing finished is lost, and the result says what happened."""

import asyncio
import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from PIL import Image

from benchmarks.support.stubs import Model, StubBackend
from graph.context import Context
from graph.events import Clock
from graph.state import Result, Task
from tests.support.execution import echo, executor, nap, run, state, text
from tools.protocol import Call, Output
from tools.settings import override, settings

Stubs = Callable[..., StubBackend]
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}


async def nothing(call: Call) -> Output:
    return Output()


async def words_only(call: Call) -> Output:
    return Output(text="imagine a picture")


async def picture(call: Call) -> Output:
    return Output(media=(Image.new("RGB", (4, 4)),))


async def full_disk(call: Call) -> Output:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def killed(call: Call) -> Output:
    raise asyncio.CancelledError


async def thread_that_hangs(call: Call) -> Output:
    await asyncio.to_thread(threading.Event().wait, 0.5)
    return Output(text="late")


async def draw(*models: str, **context: object) -> Result:
    return (await run([Task(task="text-to-image", id=0, args={"text": "a cat"})], *models, **context))[0]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (nothing, "gave no image"),
        (words_only, "gave no image"),
        (full_disk, "No space left on device"),
        (killed, "was stopped from outside"),
        (thread_that_hangs, "took longer than 0.2 s"),
    ],
)
async def test_a_fault_is_told_and_the_next_model_takes_over(stubs: Stubs, fault: Model, reason: str) -> None:
    stubs(faulty=fault, painter=picture)
    alone = await draw("faulty", task_timeout=0.2)
    assert alone.status == "failed"
    assert reason in (alone.error or "")
    result = await draw("faulty", "painter", task_timeout=0.2)
    assert (result.status, result.attempts) == ("done", 2)
    assert Path(result.files[0]).exists()


async def test_a_folder_of_results_that_cannot_be_written_is_told(stubs: Stubs, tmp_path: Path) -> None:
    stubs(painter=picture)
    (tmp_path / "file").write_text("in the way")
    override(out=tmp_path / "file")
    result = await draw("painter", "painter")
    assert (result.status, result.attempts) == ("failed", 1)  # another model would find the same folder
    assert "cannot be written" in (result.error or "")


async def test_a_deleted_folder_of_results_is_made_anew(stubs: Stubs) -> None:
    stubs(painter=picture)
    await draw("painter")
    await asyncio.to_thread(shutil.rmtree, settings().out)
    assert (await draw("painter")).status == "done"


async def test_an_input_that_was_deleted_meanwhile_fails_its_task_alone(stubs: Stubs) -> None:
    async def forgetful(call: Call) -> Output:
        if call.task.name == "text-to-image":
            return await picture(call)
        if call.inputs["text"] == "wipe":
            shutil.rmtree(settings().out)
        return Output(text="gone")

    stubs(echo=forgetful)
    paint = Task(task="text-to-image", id=0, args={"text": "a cat"})
    wipe = text(1, "wipe", 0)
    edges = Task(task="canny-control", id=2, dep=[0, 1], args={"image": "<resource-0>"})
    results = await run([paint, wipe, edges, text(3, "other")])
    assert [results[each].status for each in range(4)] == ["done", "done", "failed", "done"]
    assert "does not exist" in (results[2].error or "")


async def test_a_jumping_clock_bends_no_duration() -> None:
    wall, ticks = 1000.0, 5.0
    clock = Clock(lambda: wall, lambda: ticks)
    began = clock()
    wall, ticks = -99999.0, 7.5
    assert clock() - began == 2.5
    assert began == 1000.0


async def test_cancelling_stops_at_once_and_keeps_what_is_finished(stubs: Stubs, tmp_path: Path) -> None:
    ran: list[str] = []
    all_began = asyncio.Event()

    async def slow(call: Call) -> Output:
        ran.append(call.inputs["text"])
        if len(ran) == 4:
            all_began.set()
        return await (nap(call) if len(ran) < 5 else echo(call))

    stubs(slow=slow)
    long = "1000"
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "threads.sqlite")) as saver, asyncio.timeout(60):
        graph, tasks = executor(saver), [text(0, "0"), text(1, "0 <resource-0>", 0), text(2, long), text(3, long)]
        running = asyncio.create_task(graph.ainvoke(state(tasks, "slow"), THREAD, context=Context()))
        await all_began.wait()
        await asyncio.sleep(0.2)  # the short ones end
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert sorted(ran) == ["0", "0 slept", long, long]
        final = await graph.ainvoke(None, THREAD, context=Context())
    assert [result.text for result in final["results"]] == ["slept", "slept", long, long]
    assert sorted(ran[4:]) == [long, long]


async def test_a_document_that_was_deleted_meanwhile_is_never_replaced_by_its_name(
    stubs: Stubs, workspace: Path
) -> None:
    stubs(echo=echo)
    (workspace / "words.txt").write_text("A fine day.")
    given = str(workspace / "words.txt")
    assert (await run([text(0, given)]))[0].text == "A fine day."
    (workspace / "words.txt").unlink()
    result = (await run([text(0, given)]))[0]
    assert (result.status, result.text) == ("failed", None)
    assert "words.txt does not exist" in (result.error or "")
    assert (await run([text(0, "words.txt")]))[0].text == "words.txt"  # a name alone may be meant as one
