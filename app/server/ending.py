"""Requests that outlast the grace of a server that stops: they end in an error that says so, not with their connection.

What has its own way to go on is left alone: runs of LangGraph's API, which another process or the next one takes up,
and the page, which offers to go on.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.refusals import Refusal, refuse

OURS = ("/v1/", "/hugginggpt", "/tasks", "/results", "/mcp", "/uploads")
LATER = 5  # seconds after which the next process is surely there
TELLING = 2.0  # seconds that telling all of them may take
STOPPED = "The server is being restarted and could not finish this; send it again in a moment."


class Ending:
    """The requests that are being answered, until ``now`` ends them."""

    def __init__(self) -> None:
        self.over = False
        self._answering: set[asyncio.Task[Any]] = set()

    def now(self) -> None:
        """End all requests, those that still come, too."""
        self.over = True
        for task in self._answering:
            task.cancel()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the current task as one that answers a request. Raises CancelledError once all is over."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - every request is answered in one
        if self.over:
            raise asyncio.CancelledError
        self._answering.add(task)
        try:
            yield
        finally:
            self._answering.discard(task)


class Ended:
    """ASGI middleware around our own routes."""

    def __init__(self, app: ASGIApp, *, ending: Ending) -> None:
        self.app, self.ending = app, ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; if the server ends before it does, say so."""
        if scope["type"] != "http" or not scope["path"].startswith(OURS):
            await self.app(scope, receive, send)
            return
        begun: Message = {}

        async def noted(message: Message) -> None:
            begun.update(message)
            await send(message)

        try:
            with self.ending.counted():
                await self.app(scope, receive, noted)
        except asyncio.CancelledError:
            if not self.ending.over:
                raise
            if (task := asyncio.current_task()) and task.cancelling():
                task.uncancel()
            await _tell(begun, scope, receive, send)


async def _tell(begun: Message, scope: Scope, receive: Receive, send: Send) -> None:
    """Say it as an answer where none has begun, as an event where a stream has; nothing else can be added to."""
    if not begun:
        await refuse(scope, receive, send, Refusal(503, STOPPED, retry_after=LATER))
    elif begun.get("more_body", True):
        streams = any(value.startswith(b"text/event-stream") for _, value in begun["headers"])
        body = _last_event(scope["path"]) if streams else b""
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _last_event(path: str) -> bytes:
    """An error as the clients of that path read it, and OpenAI's mark of the end."""
    error = {"message": STOPPED, "type": "server_error", "param": None, "code": None}
    if path == "/v1/chat/completions":
        return f"data: {json.dumps({'error': error})}\n\ndata: [DONE]\n\n".encode()
    named = {**error, "type": "error", "code": "server_error"}
    return f"event: error\ndata: {json.dumps(named)}\n\n".encode()
