"""Links in what LangGraph's API answers, signed on their way out: a chat client loads pictures without a key."""

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.signing import ARTIFACTS, signed

ANSWERS = ("/threads", "/runs")


class SignedLinks:
    """ASGI middleware behind the guard. What is kept has plain links; an event of a stream comes in one piece."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sign the links of an answer for whoever asked."""
        if scope["type"] != "http" or not scope["path"].startswith(ANSWERS) or "user" not in scope:
            await self.app(scope, receive, send)
            return
        owner = scope["user"].display_name

        async def signing(message: Message) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)["content-length"]  # the answer grows
            elif ARTIFACTS.encode() in message.get("body", b""):
                text = message["body"].decode("latin-1")  # any bytes; the first time the secret is read from its file
                message = {**message, "body": (await asyncio.to_thread(signed, text, owner)).encode("latin-1")}
            await send(message)

        await self.app(scope, receive, signing)
