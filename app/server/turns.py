"""One run at a time on a thread, over all processes: Aegra accepts `multitask_strategy` and does not act on it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import httpx
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.guard import CALLER

PAUSES = (0.05, 0.1, 0.2, 0.4)  # seconds between two looks at a busy thread; the last one repeats
_INPUTS = ("input", "command", "checkpoint", "checkpoint_id")
BEGINS = re.compile(r"/threads/([^/]+)/(?:runs(?:/stream|/wait)?|commands)")
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)) AS free"
_ACTIVE = "SELECT run_id FROM runs WHERE thread_id = %s AND user_id = %s AND status IN ('pending', 'running')"


class NewRun(NamedTuple):
    """A run that a client wants to begin."""

    thread: str
    strategy: str
    body: bytes


class Turns:
    """ASGI middleware: a request that begins a run waits until its thread has none.

    ``enqueue``, which is also the default, waits; ``reject`` is answered 409; ``interrupt`` cancels what runs. A
    lock in Postgres holds from the look until the run is on record, so that two processes never both see it idle. A
    client that leaves while it waits begins no run.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request wait for its turn, if it begins a run."""
        begins = BEGINS.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if begins is None:
            await self.app(scope, receive, send)
            return
        try:
            new_run = _new_run(begins[1], await Request(scope, receive).body())
            if new_run.strategy == "rollback":
                await _refused(422, "rollback is not offered; use enqueue, interrupt or reject.")(scope, receive, send)
            else:
                await self._in_turn(new_run, scope, receive, send)
        except ClientDisconnect:
            pass
        except (OperationalError, PoolTimeout):
            await _refused(503, "The database does not answer; try again in a moment.")(scope, receive, send)

    async def _in_turn(self, new_run: NewRun, scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.ensure_future(receive())  # after the body nothing else can come
        queue = self._queues.setdefault(new_run.thread, asyncio.Lock())
        try:
            async with AsyncExitStack() as turn:
                await turn.enter_async_context(queue)
                if not await self._taken(new_run, turn, leaving):
                    if not leaving.done():
                        busy = _refused(409, "This thread is busy with another run; wait until that has ended.")
                        await busy(scope, receive, send)
                    return

                async def on_record(message: Message) -> None:
                    await turn.aclose()
                    await send(message)

                await self.app(scope, _replay(new_run.body, leaving), on_record)
        finally:
            leaving.cancel()

    async def _taken(self, new_run: NewRun, turn: AsyncExitStack, leaving: "asyncio.Future[Message]") -> bool:
        """Wait until the thread is idle and hold its lock by ``turn``; False if that is not wanted any more."""
        pauses, cancelled = iter(PAUSES), set[str]()
        while not leaving.done():
            async with AsyncExitStack() as look:
                active = await look.enter_async_context(_active(new_run.thread))
                if active == []:
                    turn.push_async_exit(look.pop_all())
                    return True
                if active and new_run.strategy == "reject":
                    return False
            if new_run.strategy == "interrupt":
                await self._cancel(new_run.thread, set(active or []) - cancelled)
                cancelled.update(active or [])  # once each: a second time would cut off how it ends
            await asyncio.wait({leaving}, timeout=next(pauses, PAUSES[-1]))
        return False

    async def _cancel(self, thread: str, runs: set[str]) -> None:
        """Cancel runs of the caller's, by the server's own route."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://inside") as server:
            for run in runs:
                await server.post(f"/threads/{thread}/runs/{run}/cancel", params={"action": "interrupt"})


@asynccontextmanager
async def _active(thread: str) -> AsyncIterator[list[str] | None]:
    """The caller's runs that have not ended on the thread, which is locked meanwhile; None if another looks."""
    from aegra_api.core.database import db_manager

    assert db_manager.lg_pool is not None  # noqa: S101 - open as long as the server runs
    async with db_manager.lg_pool.connection() as connection, connection.transaction():
        lock = await (await connection.execute(_LOCK, (thread,))).fetchone()
        if not lock["free"]:
            yield None
            return
        cursor = await connection.execute(_ACTIVE, (thread, CALLER.get()))
        yield [row["run_id"] for row in await cursor.fetchall()]


def _new_run(thread: str, body: bytes) -> NewRun:
    """What the body asks for. One without any input goes on where the thread stopped, as LangGraph has it."""
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        return NewRun(thread, "enqueue", body)
    params: dict[str, Any] = asked.get("params") or {}
    strategy = asked.get("multitask_strategy") or params.get("multitaskStrategy") or "enqueue"
    if "method" not in asked and all(asked.get(name) is None for name in _INPUTS):
        body = json.dumps(asked | {"command": {}}).encode()
    return NewRun(thread, str(strategy), body)


def _replay(body: bytes, leaving: "asyncio.Future[Message]") -> Receive:
    messages: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(messages, {}) or await asyncio.shield(leaving)

    return receive


def _refused(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, {"Retry-After": "1"} if status == 503 else None)
