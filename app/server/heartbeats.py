"""Whole answers that take long: spaces before their JSON keep proxies from giving up on the connection.

The status is sent with the first of them, before anybody knows how the request ends: what fails after that says so in
its body alone, in the usual form.
"""

import asyncio
import re
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERY = 15.0  # seconds; most proxies wait a minute
WHOLE = {  # runs/wait of LangGraph's API does the same by itself
    *("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/images/generations"),
    *("/hugginggpt", "/tasks", "/results", "/mcp"),
}
_STREAMED = re.compile(rb'"stream"\s*:\s*true')


class Heartbeats:
    """ASGI middleware around routes that answer in one piece of JSON."""

    def __init__(self, app: ASGIApp, *, every: float = EVERY) -> None:
        self.app, self.every = app, every

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and send spaces until its answer comes."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in WHOLE:
            await self.app(scope, receive, send)
            return
        beat = _Beat(send, self.every)

        async def received() -> Message:
            message = await receive()
            if _STREAMED.search(message.get("body", b"")):
                beat.stop()
            return message

        beating = asyncio.create_task(beat.go_on())
        try:
            await self.app(scope, received, beat.send)
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating


class _Beat:
    def __init__(self, send: Send, every: float) -> None:
        self._send, self._every = send, every
        self._over = self._begun = False
        self._sending = asyncio.Lock()  # a space never falls into the answer

    def stop(self) -> None:
        self._over = True

    async def send(self, message: Message) -> None:
        async with self._sending:
            self._over = True
            if message["type"] != "http.response.start" or not self._begun:
                await self._send(message)

    async def go_on(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            async with self._sending:
                if self._over:
                    return
                if not self._begun:
                    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
                    await self._send({"type": "http.response.start", "status": 200, "headers": headers})
                    self._begun = True
                await self._send({"type": "http.response.body", "body": b" ", "more_body": True})
