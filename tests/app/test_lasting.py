"""A disk that fails in mid-run costs what cannot be kept, and nothing else."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from app.checkpoints import path as conversations
from app.checkpoints import saver
from app.lasting import LastingSaver, lost
from app.run import Report, run
from benchmarks.support.stubs import StubBackend
from graph import build
from graph.context import Context
from tests.support.execution import echo, executor, state, text
from tools.protocol import Call, Output

Stubs = Callable[..., StubBackend]
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}
OFFLINE = Context(llm="offline", approve_plan="always")
APPROVED: Command[Any] = Command(resume={"decisions": [{"type": "approve"}]})
ASKED: Any = {"messages": [("user", "Summarize: a long day. Is it positive?")]}


class Nobody:
    """Watches nothing."""

    def stage(self, *_: object) -> None: ...
    def event(self, *_: object) -> None: ...
    def token(self, *_: object) -> None: ...


async def read_only(threads: LastingSaver, on: str = "ON") -> None:
    """Let SQLite refuse every change, as on a disk that was mounted for reading only."""
    await threads.conn.execute(f"PRAGMA query_only={on}")


@pytest.fixture
async def threads() -> AsyncIterator[LastingSaver]:
    async with saver() as opened:
        yield opened


async def ask(threads: LastingSaver, given: Any) -> Report:  # noqa: ANN401 - an input or a command
    return await run(build().compile(checkpointer=threads), given, OFFLINE, THREAD, Nobody())


async def test_a_conversation_goes_on_in_memory_and_is_kept_again_once_there_is_room(
    stubs: Stubs, threads: LastingSaver
) -> None:
    stubs(echo=echo)
    assert (await ask(threads, ASKED)).interrupts
    await read_only(threads)
    first = await ask(threads, APPROVED)
    assert first.answer
    assert "readonly" in str(first.lost)
    second = await ask(threads, ASKED)
    assert second.interrupts
    assert len(second.values["messages"]) == len(first.values["messages"]) + 1  # the first turn is not forgotten
    assert second.lost
    await read_only(threads, "OFF")
    third = await ask(threads, APPROVED)
    assert third.lost is None
    assert lost(threads, THREAD) is None
    async with saver() as anew:
        kept = (await build().compile(checkpointer=anew).aget_state(THREAD)).values
    assert [message.text for message in kept["messages"]] == [m.text for m in third.values["messages"]]


async def test_what_was_kept_before_the_disk_failed_is_not_run_again(stubs: Stubs) -> None:
    async def model(call: Call) -> Output:
        ran.append(call.inputs["text"])
        if ran == ["a", "b"]:
            await told.wait()
            await read_only(threads)
        if ran == ["a", "b", "c"]:
            reached.set()
            await asyncio.Event().wait()
        return await echo(call)

    async def listen() -> None:
        async for event in executor(threads).astream(state(tasks), THREAD, context=Context(), stream_mode="custom"):
            if event["event"] == "finished":
                told.set()

    ran, told, reached = list[str](), asyncio.Event(), asyncio.Event()
    stubs(echo=model)
    tasks = [text(0, "a"), text(1, "b", 0), text(2, "c", 1)]
    async with asyncio.timeout(60):
        async with saver() as threads:
            running = asyncio.create_task(listen())
            await reached.wait()
            running.cancel()
            await asyncio.wait([running])
        async with saver() as anew:
            final = await executor(anew).ainvoke(None, THREAD, context=Context())
    assert [result.status for result in final["results"]] == ["done"] * 3
    assert ran == ["a", "b", "c", "b", "c"]


async def test_a_file_that_is_spoilt_in_mid_run_costs_what_was_kept_and_not_the_answer(stubs: Stubs) -> None:
    async def spoils(call: Call) -> Output:
        if call.inputs["text"] == "a":
            with closing(sqlite3.connect(conversations())) as other:  # neither written to nor read from any more
                other.executescript("DROP TABLE checkpoints; DROP TABLE writes")
        return await echo(call)

    stubs(echo=spoils)
    async with asyncio.timeout(60), saver() as threads:
        begun = time.monotonic()
        final = await executor(threads).ainvoke(state([text(0, "a"), text(1, "b", 0)]), THREAD, context=Context())
        assert [result.text for result in final["results"]] == ["a", "b"]
        assert "no such table" in str(lost(threads, THREAD))
        assert time.monotonic() - begun < 9  # nobody waits for what will never be there


@pytest.mark.slow
async def test_whoever_holds_the_file_is_waited_for_once_and_not_at_every_step(stubs: Stubs) -> None:
    stubs(echo=echo)
    async with asyncio.timeout(60), saver() as threads:
        await threads.setup()
        await threads.conn.execute("PRAGMA busy_timeout=2000")
        with closing(sqlite3.connect(conversations(), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            begun = time.monotonic()
            final = await executor(threads).ainvoke(state([text(0, "a"), text(1, "b", 0)]), THREAD, context=Context())
        assert [result.text for result in final["results"]] == ["a", "b"]
        assert "locked" in str(lost(threads, THREAD))
        assert time.monotonic() - begun < 8  # of at least five steps, each of which would wait for two
