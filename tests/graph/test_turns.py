"""LangGraph's own switches and clocks: nothing hangs, and no turn gets lost without a word."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint
from langgraph.checkpoint.base.id import UUID
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from benchmarks.support.stubs import StubBackend
from graph import build, graph
from graph.context import Context
from tests.support import ROOT
from tests.support.execution import echo, executor, state, text
from tools.errors import ConfigError
from tools.protocol import Call, Output

Stubs = Callable[..., StubBackend]
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}
OFFLINE = Context(llm="offline")
ASKED: Any = {"messages": [("user", 'Summarize "a story".')]}


@pytest.mark.parametrize("mode", ["custom", "messages", "updates"])
@pytest.mark.parametrize("limit", [1, 2])
async def test_a_limit_on_concurrency_holds_for_tasks_and_hangs_nothing(stubs: Stubs, mode: Any, limit: int) -> None:  # noqa: ANN401
    running, most = 0, 0

    async def model(call: Call) -> Output:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return await echo(call)

    stubs(echo=model)
    tasks = [text(0, "a"), text(1, "b"), text(2, "<resource-0> c", 0), text(3, "d")]
    async with asyncio.timeout(60):
        async for _ in executor(InMemorySaver()).astream(
            state(tasks), {**THREAD, "max_concurrency": limit}, context=Context(cache=False), stream_mode=mode
        ):
            pass
    assert most == limit


async def test_requests_one_by_one_are_answered(stubs: Stubs) -> None:
    stubs(echo=echo)
    first, second = await graph.abatch([ASKED, ASKED], {"max_concurrency": 1}, context=OFFLINE)
    assert first["results"][0].text == second["results"][0].text == "a story"


def test_a_call_without_a_loop_is_told_what_to_call_instead() -> None:
    with pytest.raises(TypeError, match="ainvoke"):
        graph.invoke(ASKED, context=OFFLINE)


@pytest.mark.parametrize("given", [Command(resume=[{"type": "approve"}]), Command(resume={"decisions": []})])
async def test_where_nothing_was_asked_an_answer_is_told_that_there_is_no_request(given: Any) -> None:  # noqa: ANN401
    final = await build().compile(checkpointer=InMemorySaver()).ainvoke(given, THREAD, context=OFFLINE)
    assert final["messages"][-1].text == "There is no request; send a message that says what to do."


async def answered() -> tuple[CompiledStateGraph[Any, Context, Any, Any], InMemorySaver]:
    """A conversation with one turn."""
    saver = InMemorySaver()
    conversation = build().compile(checkpointer=saver)
    await conversation.ainvoke(ASKED, THREAD, context=OFFLINE)
    return conversation, saver


def elsewhere(saver: InMemorySaver, ahead: float) -> float:
    """The newest checkpoint, as a machine whose clock is so many seconds ahead makes it; when that is for it."""
    kept, made = saver.get_tuple(THREAD), time.time() + ahead
    assert kept
    stamp = int(made * 1e7) + 0x01B21DD213814000
    id_ = UUID(int=(stamp >> 12 << 80) | ((stamp & 0xFFF) << 64), version=6)
    checkpoint: Checkpoint = {**kept.checkpoint, "id": str(id_)}
    saver.put(kept.config, checkpoint, kept.metadata, checkpoint["channel_versions"])
    return made


@pytest.mark.slow
async def test_a_clock_that_is_a_little_behind_is_waited_for(stubs: Stubs) -> None:
    stubs(echo=echo)
    conversation, saver = await answered()
    later = elsewhere(saver, 0.5)
    await conversation.ainvoke(ASKED, THREAD, context=OFFLINE)
    assert time.time() >= later
    assert len((await conversation.aget_state(THREAD)).values["messages"]) == 4


async def test_a_clock_that_is_far_behind_is_told_of(stubs: Stubs) -> None:
    stubs(echo=echo)
    conversation, saver = await answered()
    elsewhere(saver, 3600)
    with pytest.raises(ConfigError, match="3600 s behind"):
        await conversation.ainvoke(ASKED, THREAD, context=OFFLINE)


async def test_an_approval_that_comes_to_a_machine_behind_is_not_lost_either(stubs: Stubs) -> None:
    stubs(echo=echo)
    saver = InMemorySaver()
    conversation = build().compile(checkpointer=saver)
    await conversation.ainvoke(ASKED, THREAD, context=Context(llm="offline", approve_plan="always"))
    kept = saver.get_tuple(THREAD)
    assert kept
    later = elsewhere(saver, 0.5)
    newest = saver.get_tuple(THREAD)
    assert newest
    for task, channel, value in kept.pending_writes or []:
        saver.put_writes(newest.config, [(channel, value)], task)
    approved: Command[Any] = Command(resume={"decisions": [{"type": "approve"}]})
    await conversation.ainvoke(approved, THREAD, context=OFFLINE)
    assert time.time() >= later
    assert (await conversation.aget_state(THREAD)).values["results"][0].status == "done"


@pytest.mark.slow
def test_two_servers_whose_clocks_differ_lose_no_turn(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.clocks"]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    ahead, behind = (
        subprocess.Popen([*command, off, str(tmp_path / "threads.sqlite")], **pipes)  # noqa: S603 - our own program
        for off in ("0.7", "0")
    )
    with ahead, behind:
        for turn in range(6):
            server = behind if turn % 2 else ahead
            server.stdin.write(f'Summarize "story {turn}".\n')
            server.stdin.flush()
            assert server.stdout.readline() == f"{2 * (turn + 1)}\n"
        for server in (ahead, behind):
            server.stdin.close()
            assert server.wait(60) == 0
