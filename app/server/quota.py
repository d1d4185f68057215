"""Requests beyond what their owner may take are refused for now, in the form that their clients read."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.audit import audit
from app.quotas import OverQuota, Quotas
from app.server.idempotency import RUNS
from app.server.refusals import Refusal, refuse

PAGE = "/app/"  # it tells of quotas itself, where somebody asks for something
FREE = ("/data", "/feedback")  # what must be possible beyond any bound


class Quota:
    """ASGI middleware within the guard, which says whose a request is."""

    def __init__(self, app: ASGIApp, *, quotas: Quotas) -> None:
        self.app, self.quotas = app, quotas

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it for now."""
        if scope["type"] != "http" or "user" not in scope:
            await self.app(scope, receive, send)
            return
        owner = scope["user"].display_name
        try:
            if _is_work(scope):
                self.quotas.check_day(owner)
                await self.quotas.check_kept(owner)
                with self.quotas.request(owner):
                    if scope["path"].startswith(RUNS):
                        audit("run", owner, path=scope["path"])
                    await self._metered(owner, scope, receive, send)
                return
            if scope["path"].startswith("/artifacts/"):
                self.quotas.check_day(owner)
        except OverQuota as over:
            audit("refused", owner, status=over.status, path=scope["path"])
            await refuse(scope, receive, send, Refusal(over.status, str(over), retry_after=over.retry_after))
        else:
            await self._metered(owner, scope, receive, send)
            if scope["method"] == "DELETE":
                self.quotas.recount(owner)

    async def _metered(self, owner: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what goes in and out."""

        async def received() -> Message:
            message = await receive()
            size = len(message.get("body", b""))
            self.quotas.move(owner, size)
            self.quotas.grew(owner, size)
            return message

        async def sent(message: Message) -> None:
            self.quotas.move(owner, len(message.get("body", b"")))
            await send(message)

        await self.app(scope, received, sent)


def _is_work(scope: Scope) -> bool:
    path = scope["path"]
    if path.startswith(PAGE):
        return bool(path.rstrip("/").endswith("/upload"))
    return scope["method"] in {"POST", "PUT", "PATCH"} and not path.startswith(FREE) and not path.endswith("/cancel")
