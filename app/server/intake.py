"""Bodies on their way in, bounded: forms with files as they come; all else as JSON, whole and checked beforehand."""

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server import wire
from app.server.asked import check_run
from app.server.refusals import Refusal, refuse
from tools.errors import InputError

OURS = ("/uploads", "/v1/audio/transcriptions", "/gradio_api/upload")  # how the paths end that take files
FORMS = (*OURS, "/v1/audio/translations", "/v1/images/edits", "/v1/images/variations", "/v1/files")  # and are not here


class Intake:
    """ASGI middleware around all routes, LangGraph's and the page's included.

    ``max_bytes`` bounds forms, ``max_json`` everything else, which reaches its route only if it is JSON to be parsed
    in a moment.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, max_json: int) -> None:
        self.app, self.max_bytes, self.max_json = app, max_bytes, max_json

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body, or refuse it."""
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        try:
            if scope["path"].rstrip("/").endswith(FORMS):
                await self._metered(scope, receive, send)
            else:
                await self._whole(scope, receive, send)
        except Refusal as refusal:
            await refuse(scope, receive, send, refusal)

    async def _whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take all of a JSON body, look through it, and hand on what is left."""
        body = await _all(receive, _limit(scope, self.max_json))
        try:
            if len(body) > wire.SHORT:
                body = await asyncio.to_thread(_admitted, scope["path"], body)
            else:
                body = _admitted(scope["path"], body)
        except InputError as error:
            raise Refusal(422, str(error)) from None
        if "content-length" in Headers(scope=scope):
            MutableHeaders(scope=scope)["content-length"] = str(len(body))
        first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed() -> Message:
            return first.pop() if first else await receive()

        await self.app(scope, replayed, send)

    async def _metered(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the body on until it grows too large; then the app sees the client leave, and the client is told."""
        left = _limit(scope, self.max_bytes)

        async def metered() -> Message:
            nonlocal left
            message = await receive() if left >= 0 else {"type": "http.disconnect"}
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        async def unless_over(message: Message) -> None:
            if left >= 0:
                await send(message)

        try:
            await self.app(scope, metered, unless_over)
        except Exception:
            if left >= 0:  # otherwise it is what the app made of the missing rest
                raise
        if left < 0:
            raise _too_large(self.max_bytes)


def _admitted(path: str, body: bytes) -> bytes:
    body = wire.admitted(body)
    check_run(path, body)
    return body


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _limit(scope: Scope, most: int) -> int:
    said = Headers(scope=scope).get("content-length", "0")
    if not said.isdecimal() or int(said) > most:
        raise _too_large(most)
    return most


async def _all(receive: Receive, most: int) -> bytes:
    pieces, size, more = list[bytes](), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(499, "The client closed the connection.")
        pieces.append(message.get("body", b""))
        size, more = size + len(pieces[-1]), message.get("more_body", False)
        if size > most:
            raise _too_large(most)
    return b"".join(pieces)


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"A request may hold at most {most} bytes.")
