"""How much of the server one owner may take at a time."""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from app.server.refusals import Refusal, refuse

WORK = ("/v1/", "/runs", "/threads/", "/hugginggpt", "/tasks", "/results", "/mcp", "/uploads")
LATER = 5  # seconds after which a client may try again


class Quota:
    """ASGI middleware within the guard. ``at_once`` requests of one owner run at a time; 0 stands for any number."""

    def __init__(self, app: ASGIApp, *, at_once: int) -> None:
        self.app, self.at_once = app, at_once
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it for now."""
        if not (self.at_once and scope["type"] == "http" and _is_work(scope)):
            await self.app(scope, receive, send)
            return
        owner = scope["user"].display_name
        if self._running[owner] >= self.at_once:
            reason = f"You have {self.at_once} requests running, which is as many as you may; try again in {LATER} s."
            await refuse(scope, receive, send, Refusal(429, reason, retry_after=LATER))
            return
        self._running[owner] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._running[owner] -= 1
            self._running += Counter()  # whoever has none is forgotten


def _is_work(scope: Scope) -> bool:
    return scope["method"] == "POST" and "user" in scope and scope["path"].startswith(WORK)
