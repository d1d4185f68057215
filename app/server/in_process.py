"""The graph, called in this process for the owner of a request."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar, cast
from uuid import uuid4

import anyio
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.types import StreamMode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from upath import UPath

from app.owner import Owner
from app.progress import Progress
from app.signing import signed, signed_stream
from graph import graph
from graph.admission import turn
from graph.context import Context
from graph.state import InputState
from tools import TOOLS

T = TypeVar("T")
Words = AsyncGenerator[str]
Tell = Callable[[float, float | None, str | None], Awaitable[None]]  # tasks done so far, of how many, and what was done
STOPPING = 5.0  # seconds that a run whose client has left may take to end


async def final_state(given: InputState, config: RunnableConfig, *, plan_only: bool = False) -> dict[str, Any]:
    """The final state of a request that keeps no conversation, or the state once its plan stands."""
    before = ["select"] if plan_only else None
    return dict(await graph.ainvoke(given, config, context=Context(), interrupt_before=before))


async def followed(given: InputState, config: RunnableConfig, tell: Tell) -> dict[str, Any]:
    """The final state as well; ``tell`` hears, a few times, what share of which number of tasks is done."""
    state, progress, said = dict[str, Any](), Progress(), 0.0
    async with aclosing(_parts(given, config, "custom")) as parts:
        async for mode, chunk in parts:
            if mode == "values":
                state = chunk
                if (plan := state.get("plan")) and set(progress.rows) != {task.id for task in plan.tasks}:
                    progress.begin(plan)
            elif (row := progress.event(chunk)) and progress.done > said:
                said = progress.done
                await tell(said, len(progress.rows), f"{row.task.task}: {row.status}")
    return state


def stream(given: InputState, config: RunnableConfig, owner: Owner) -> Words:
    """The words of the answer as they come, at the latest when all is done."""
    return signed_stream(_words(given, config), owner.name)


async def once(work: Awaitable[str]) -> Words:
    """Words that come all at once, as those that come in pieces."""
    yield await work


async def call(owner: Owner, task: str, args: dict[str, Any], entrance: str) -> dict[str, Any]:
    """What a single task gives on the best model that can do it here: all its ``text``, ``data``, ``files``, the facts.

    Raises:
        InputError: an argument is missing, or cannot be used.
        ModelError: no model can do it here, or the model failed.
    """
    made = {"type": "tool_call", "id": uuid4().hex, "name": task, "args": args}
    async with turn(owner.name):
        result = dict((await TOOLS[task].ainvoke(made, owner.config(entrance))).artifact)
    whole, _more = result.pop("whole"), result.pop("more")
    if whole is None:
        return result
    text = await asyncio.to_thread(UPath(whole).read_text, "utf-8")
    return {**result, "text": text, "files": [path for path in result["files"] if path != whole]}


async def _words(given: InputState, config: RunnableConfig) -> Words:
    said, state = False, dict[str, Any]()
    async with aclosing(_parts(given, config, "messages")) as parts:
        async for mode, chunk in parts:
            if mode == "values":
                state = chunk
            elif chunk[1].get("langgraph_node") == "respond" and chunk[0].text:
                said = True
                yield chunk[0].text
    if not said:
        yield _last_words(state)


def _parts(given: InputState, config: RunnableConfig, mode: StreamMode) -> AsyncGenerator[tuple[str, Any]]:
    """What a run streams, with the state after every step beside it."""
    run = graph.astream(given, config, context=Context(), stream_mode=[mode, "values"])
    return apart(cast("AsyncIterator[tuple[str, Any]]", run))


async def apart(parts: AsyncIterator[T]) -> AsyncGenerator[T]:
    """The same parts, made by a task of its own, which is cancelled once nobody wants more of them.

    A web server that sees its client leave cancels every await anew, those too by which a run ends its tasks: run
    within the response, they would be left behind and go on.
    """
    made: asyncio.Queue[T | None] = asyncio.Queue()

    async def make() -> None:
        try:
            async for part in parts:
                made.put_nowait(part)
        finally:
            made.put_nowait(None)

    making = asyncio.create_task(make())
    try:
        while (part := await made.get()) is not None:
            yield part
        await making
    finally:
        making.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([making], timeout=STOPPING)


def last_words(state: dict[str, Any], owner: Owner) -> str:
    """The text of the assistant's last message, for its owner; empty if it said nothing."""
    return signed(_last_words(state), owner.name)


def _last_words(state: dict[str, Any]) -> str:
    messages = state.get("messages") or []
    return messages[-1].text if messages and isinstance(messages[-1], AIMessage) else ""


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do the work as long as the client waits for it; a client that leaves takes its work along."""
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise HTTPException(499, "The client closed the connection.")
        return task.result()
    finally:
        gone.cancel()
        task.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
