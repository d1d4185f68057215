"""LangGraph's own switches and clocks: nothing hangs, and no turn gets lost without a word."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from benchmarks.support.stubs import StubBackend
from graph import build, graph
from graph.context import Context
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


async def answered() -> CompiledStateGraph[Any, Context, Any, Any]:
    """A conversation with one turn."""
    conversation = build().compile(checkpointer=InMemorySaver())
    await conversation.ainvoke(ASKED, THREAD, context=OFFLINE)
    return conversation


async def test_a_clock_that_is_a_little_behind_is_waited_for(stubs: Stubs) -> None:
    stubs(echo=echo)
    conversation, later = await answered(), time.time() + 0.5
    await conversation.aupdate_state(THREAD, {"at": later}, as_node="respond")
    await conversation.ainvoke(ASKED, THREAD, context=OFFLINE)
    assert time.time() >= later
    assert len((await conversation.aget_state(THREAD)).values["messages"]) == 4


async def test_a_clock_that_is_far_behind_is_told_of(stubs: Stubs) -> None:
    stubs(echo=echo)
    conversation = await answered()
    await conversation.aupdate_state(THREAD, {"at": time.time() + 3600}, as_node="respond")
    with pytest.raises(ConfigError, match="3600 s behind"):
        await conversation.ainvoke(ASKED, THREAD, context=OFFLINE)
