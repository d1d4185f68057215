"""What the server keeps of its callers: theirs to list, to take along and to delete."""

from collections.abc import Awaitable, Callable
from typing import Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.audit import audit
from app.checkpoints import LazyMemory
from app.data.everything import Everything, counted, shown
from app.data.item import Choice
from app.owner import Owner

Kind = Literal["conversation", "file", "reused", "note", "answer", "assistant", "cron"]


class Asked(BaseModel, extra="forbid"):
    """The query: ``older`` in days, ``larger`` in bytes, and of which browser of the caller's, if not of all."""

    older: float | None = Field(None, ge=0)
    larger: int | None = Field(None, ge=0)
    kind: list[Kind] = []
    browser: str | None = Field(None, pattern="^[0-9a-f]{32}$")

    def choice(self, owner: str) -> Choice:
        """What of the owner's is meant."""
        of_whom = f"{owner}/{self.browser}" if self.browser else owner
        return Choice(of_whom, self.older, self.larger, frozenset(self.kind))


class Data:
    """``/data``: every answer is about the caller's own alone."""

    def __init__(self, memory: LazyMemory) -> None:
        self._memory = memory

    @property
    def routes(self) -> tuple[tuple[str, str, Callable[[Request], Awaitable[Response]]], ...]:
        """Method, path and endpoint of each."""
        return (("GET", "/data", self.list), ("DELETE", "/data", self.delete), ("GET", "/data/export", self.export))

    async def list(self, request: Request) -> Response:
        """``GET /data``: what there is, the oldest first, and how much of each kind."""
        items = await Everything(await self._memory()).items(_chosen(request))
        return JSONResponse({"items": [shown(item) for item in items], "kinds": counted(items)})

    async def export(self, request: Request) -> Response:
        """``GET /data/export``: all of it in one zip."""
        chosen, kept = _chosen(request), Everything(await self._memory())
        audit("export", Owner.of(request).name)
        headers = {"Content-Disposition": 'attachment; filename="hugginggpt.zip"', "Cache-Control": "no-store"}
        return StreamingResponse(kept.exported(chosen), media_type="application/zip", headers=headers)

    async def delete(self, request: Request) -> Response:
        """``DELETE /data``: delete it for good; in which conversations a request runs, which therefore stay."""
        deleted = await Everything(await self._memory()).delete(_chosen(request))
        audit("delete", Owner.of(request).name, **deleted.to_json())
        return JSONResponse(deleted.to_json())


def _chosen(request: Request) -> Choice:
    query = request.query_params
    single = {name: query[name] for name in query if name != "kind"}
    return Asked.model_validate({**single, "kind": query.getlist("kind")}).choice(Owner.of(request).name)
