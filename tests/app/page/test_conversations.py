"""The page's conversations, in one place for all visitors."""

import asyncio
from collections.abc import Callable

import pytest
from langchain_core.messages import HumanMessage

from app.page.conversations import Conversations
from app.page.live import NOT_KEPT, Live
from app.run import run
from benchmarks.support.full_disk import files_of_at_most
from benchmarks.support.stubs import StubBackend
from graph.context import Context
from tools.protocol import Call, Output


async def answer(call: Call) -> Output:
    return Output(text=f"answer to {call.inputs['text']}")


async def visit(conversations: Conversations, owner: str, requests: int) -> None:
    """Ask in new conversations, each named while its request runs, as the page does it."""
    context = Context(llm="offline")
    for number in range(requests):
        asked = HumanMessage(f'Summarize "{owner} {number}"')
        config = conversations.config(owner, str(number), context)
        running = asyncio.create_task(conversations.graph.ainvoke({"messages": [asked]}, config, context=context))
        await conversations.name(owner, str(number), f"request {number}")
        await conversations.titles(owner)
        await running


@pytest.mark.slow
async def test_visitors_who_ask_at_once_do_not_lock_each_other_out(stubs: Callable[..., StubBackend]) -> None:
    stubs(model=answer)
    async with Conversations.opened() as conversations:
        await asyncio.gather(*(visit(conversations, f"local/{number}", 5) for number in range(8)))
        titles = [await conversations.titles(f"local/{number}") for number in range(8)]
    listed = [[(entry.title, entry.thread) for entry in entries] for entries in titles]
    assert listed == [[(f"request {number}", str(number)) for number in reversed(range(5))]] * 8


async def test_on_a_full_disk_a_request_is_answered_and_the_visitor_told_that_it_is_not_kept(
    stubs: Callable[..., StubBackend],
) -> None:
    stubs(model=answer)
    context = Context(llm="offline", cache=False)
    async with Conversations.opened() as conversations:
        await visit(conversations, "local/1", 1)
        live, config = Live([]), conversations.config("local/1", "2", context)
        with files_of_at_most(4096):
            await conversations.name("local/1", "2", "never kept")
            asked = HumanMessage('Summarize "me"')
            live.begin(run(conversations.graph, {"messages": [asked]}, context, config, live))
            assert live.task
            report = await live.task
        titles = await conversations.titles("local/1")
    assert "answer to me" in report.answer
    assert live.failure == NOT_KEPT
    assert [(entry.title, entry.thread) for entry in titles] == [("request 0", "0")]
