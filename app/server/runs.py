"""The graph, called in this process for the owner of a request."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

import anyio
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import set_config_context
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.server.signing import signed, signed_stream
from graph import graph
from graph.context import Context
from graph.state import InputState
from tools.artifacts import address

T = TypeVar("T")
STOPPING = 5.0  # seconds that a run whose client has left may take to end


def owner_of(request: Request) -> str:
    """Whose request this is, as the guard found out."""
    return str(request.user.display_name)


def config_for(
    owner: str, entrance: str, run_id: UUID | None = None, callbacks: list[BaseCallbackHandler] | None = None
) -> RunnableConfig:
    """How a run is labelled. The owner's name in it gives the run its own folder (tools/settings.py)."""
    return {
        "run_id": run_id or uuid4(),
        "callbacks": callbacks or [],
        "tags": [entrance],
        "metadata": {"owner": owner},
        "configurable": {"langgraph_auth_user_id": owner},
    }


async def answer(given: InputState, config: RunnableConfig, *, plan_only: bool = False) -> dict[str, Any]:
    """The final state of a request that keeps no conversation, or the state once its plan stands."""
    before = ["select"] if plan_only else None
    return dict(await graph.ainvoke(given, config, context=Context(), interrupt_before=before))


def stream(given: InputState, config: RunnableConfig) -> AsyncIterator[str]:
    """The words of the answer as they come, at the latest when all is done."""
    return signed_stream(_words(given, config), config["configurable"]["langgraph_auth_user_id"])


async def _words(given: InputState, config: RunnableConfig) -> AsyncIterator[str]:
    said, state = False, dict[str, Any]()
    run = graph.astream(given, config, context=Context(), stream_mode=["messages", "values"])
    async with aclosing(apart(run)) as parts:
        async for part in parts:
            mode, chunk = cast("tuple[str, Any]", part)
            if mode == "values":
                state = chunk
            elif chunk[1].get("langgraph_node") == "respond" and chunk[0].text:
                said = True
                yield chunk[0].text
    if not said:
        yield _last_words(state)


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


def last_words(state: dict[str, Any], owner: str) -> str:
    """The text of the assistant's last message, for its owner; empty if it said nothing."""
    return signed(_last_words(state), owner)


def _last_words(state: dict[str, Any]) -> str:
    messages = state.get("messages") or []
    return messages[-1].text if messages and isinstance(messages[-1], AIMessage) else ""


async def as_owner(owner: str, work: Coroutine[Any, Any, T]) -> T:
    """Do something outside a run with the owner's folders."""
    with set_config_context(config_for(owner, "server")) as scope:
        return await asyncio.create_task(work, context=scope)


def links(owner: str, paths: list[str]) -> list[str]:
    """Where the owner finds the files, and for a while whoever is given the link."""
    with set_config_context(config_for(owner, "server")) as scope:
        return [signed(scope.run(address, path), owner) for path in paths]


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
