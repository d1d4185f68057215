"""A server whose clock is off: ``python -m tests.support.clocks SECONDS DATABASE`` takes a turn for each line it reads.

It answers each with a line: how many messages the conversation has for it then.
"""

import asyncio
import sys
import time

if __name__ == "__main__":
    off = float(sys.argv[1])
    clock, ticks = time.time, time.time_ns
    vars(time).update(time=lambda: clock() + off, time_ns=lambda: ticks() + int(off * 1e9))  # before anyone reads it

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from benchmarks.support.stubs import StubBackend
from graph import build
from graph.context import Context
from tests.support.execution import echo
from tools.registry import BACKENDS

THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}


async def serve(database: str) -> None:
    async with AsyncSqliteSaver.from_conn_string(database) as saver:
        conversation = build().compile(checkpointer=saver)
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = {"messages": [("user", line.strip())]}
            await conversation.ainvoke(asked, THREAD, context=Context(llm="offline", cache=False))  # type: ignore[arg-type]  # as JSON has it
            kept = await conversation.aget_state(THREAD)
            sys.stdout.write(f"{len(kept.values['messages'])}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    BACKENDS.clear()
    BACKENDS["embedded"] = StubBackend({"echo": echo})
    asyncio.run(serve(sys.argv[2]))
