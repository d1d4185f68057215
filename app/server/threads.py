"""Conversations of our own server: the part of LangGraph's API that a chat client needs, kept in a database."""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.errors import EmptyInputError
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.owner import Owner
from app.server import runs
from app.server.body import finite, read
from app.server.locks import Locks
from app.server.refusals import BROKEN
from graph.context import Context
from tools.errors import HuggingGPTError, InputError

log = logging.getLogger(__name__)
StreamMode = Literal["values", "updates", "custom", "messages-tuple"]


@dataclass
class Threads:
    """The graph with its checkpointer, and the locks that keep two requests of one conversation apart."""

    graph: CompiledStateGraph[Any, Context, Any, Any]
    locks: Locks


class Run(BaseModel, extra="forbid"):
    """The body of a run. Without ``input`` and ``command`` the thread goes on where it stopped."""

    assistant_id: Literal["hugginggpt"] = "hugginggpt"
    input: dict[str, Any] | None = None
    command: dict[Literal["resume"], Any] | None = None
    context: Context = Context()
    stream_mode: StreamMode | list[StreamMode] = Field(["values"], min_length=1)
    stream_subgraphs: Literal[False] = False
    stream_resumable: Literal[False] = False

    @property
    def given(self) -> Any:  # noqa: ANN401 - what LangGraph takes
        """What the graph is called with."""
        return Command(resume=self.command["resume"]) if self.command else self.input

    @property
    def modes(self) -> list[StreamMode]:
        """The stream modes, as a list."""
        return self.stream_mode if isinstance(self.stream_mode, list) else [self.stream_mode]


async def create(_request: Request) -> Response:
    """``POST /threads``: a new conversation."""
    return _json({"thread_id": str(uuid4()), "status": "idle", "metadata": {}})


async def state(request: Request) -> Response:
    """``GET /threads/ID/state``: where the conversation stands."""
    threads, config = _thread(request)
    found = await threads.graph.aget_state(config)
    interrupts = [{"value": each.value, "id": each.id} for each in found.interrupts]
    return _json(
        {"values": found.values, "next": list(found.next), "interrupts": interrupts, "metadata": found.metadata}
    )


async def delete(request: Request) -> Response:
    """``DELETE /threads/ID``: forget the conversation."""
    threads, config = _thread(request)
    async with threads.locks.hold(config["configurable"]["thread_id"]):
        await threads.graph.checkpointer.adelete_thread(config["configurable"]["thread_id"])  # type: ignore[union-attr]  # there is one
    return Response(status_code=204)


async def wait(request: Request) -> Response:
    """``POST /threads/ID/runs/wait``: run, and give the final state."""
    body = await read(request, Run)
    threads, config = _thread(request)
    async with threads.locks.hold(config["configurable"]["thread_id"]):
        given = await _checked(body, threads, config)
        work = threads.graph.ainvoke(given, config, context=body.context, durability="sync")
        return _json(await runs.unless_gone(request, work))


async def stream(request: Request) -> Response:
    """``POST /threads/ID/runs/stream``: run, and send what happens while it happens."""
    body = await read(request, Run)
    threads, config = _thread(request)
    return EventSourceResponse(_events(threads, config, body), ping=15, sep="\n")


async def _events(threads: Threads, config: RunnableConfig, body: Run) -> AsyncIterator[dict[str, str]]:
    yield {"event": "metadata", "data": _dump({"run_id": str(config["run_id"]), "attempt": 1})}
    modes: list[Any] = ["messages" if mode == "messages-tuple" else mode for mode in body.modes]
    try:
        async with threads.locks.hold(config["configurable"]["thread_id"]):
            given = await _checked(body, threads, config)
            parts: Any = threads.graph.astream(
                given, config, context=body.context, stream_mode=modes, durability="sync"
            )
            async with aclosing(runs.apart(parts)) as events:
                async for mode, chunk in events:
                    yield {"event": mode, "data": _dump(chunk)}
    except (HuggingGPTError, HTTPException, EmptyInputError) as error:
        message = error.detail if isinstance(error, HTTPException) else str(error)
        yield {"event": "error", "data": _dump({"error": type(error).__name__, "message": message})}
    except Exception as error:
        log.exception("A streamed run failed")
        yield {"event": "error", "data": _dump({"error": type(error).__name__, "message": BROKEN})}


async def _checked(body: Run, threads: Threads, config: RunnableConfig) -> Any:  # noqa: ANN401 - what LangGraph takes
    if body.input and body.command is not None:
        raise InputError("Send either input or command, not both.")
    if body.command and not (await threads.graph.aget_state(config)).interrupts:
        raise InputError("This conversation waits for no answer; send input with messages.")
    return body.given


def _thread(request: Request) -> tuple[Threads, RunnableConfig]:
    """The conversation of that id among the caller's own: its key in the database begins with the owner's name."""
    try:
        thread = UUID(request.path_params["thread_id"])
    except ValueError:
        raise HTTPException(404, "A thread id is a UUID; make one with POST /threads.") from None
    owner = Owner.of(request)
    config = owner.config("thread")
    config["configurable"]["thread_id"] = f"{owner.name}:{thread}"
    return request.app.state.threads, config


def _dump(value: object) -> str:
    try:
        return json.dumps(value, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(finite(json.loads(json.dumps(value, default=_plain))))


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a state holds
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if hasattr(value, "value") and hasattr(value, "id"):  # an interrupt
        return {"value": value.value, "id": value.id}
    return list(value) if isinstance(value, (set, tuple)) else str(value)


def _json(value: Mapping[str, Any]) -> Response:
    return Response(_dump(value), media_type="application/json")
