"""The page's conversations, in one place for all visitors."""

import asyncio
from collections.abc import Callable

from langchain_core.messages import HumanMessage

from app.page.conversations import Conversations
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


async def test_visitors_who_ask_at_once_do_not_lock_each_other_out(stubs: Callable[..., StubBackend]) -> None:
    stubs(model=answer)
    async with Conversations.opened() as conversations:
        await asyncio.gather(*(visit(conversations, f"local/{number}", 5) for number in range(8)))
        titles = [await conversations.titles(f"local/{number}") for number in range(8)]
    assert titles == [[(f"request {number}", str(number)) for number in reversed(range(5))]] * 8
