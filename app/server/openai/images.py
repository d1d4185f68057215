"""``/v1/images/generations``: the task text-to-image."""

import asyncio
import base64
import io
import time
from typing import Any, Literal

from PIL import Image
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from upath import UPath

from app.owner import Owner
from app.server import in_process
from app.server.body import read
from tools.files.places import here


class Wanted(BaseModel):
    """The body. A size other than the model's own is made of its picture; quality, style and the like mean nothing."""

    prompt: str = Field(min_length=1)
    n: int | None = Field(1, ge=1, le=4)
    size: str | None = Field(None, pattern=r"^(auto|[1-9]\d{1,3}x[1-9]\d{1,3})$")
    response_format: Literal["url", "b64_json"] | None = None
    output_format: Literal["png", "jpeg", "webp"] | None = "png"
    stream: Literal[False] | None = None

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height, if they were asked for."""
        if self.size in {None, "auto"}:
            return None
        width, _, height = str(self.size).partition("x")
        return int(width), int(height)

    @property
    def as_it_is(self) -> bool:
        """Whether the model's own file will do."""
        return self.pixels is None and self.output_format in {None, "png"}


async def generate(request: Request) -> Response:
    """``POST /v1/images/generations``: links to pictures where nothing else was asked for, or their bytes."""
    body, owner = await read(request, Wanted), Owner.of(request)
    made = await in_process.unless_gone(request, _made(owner, body))
    if body.response_format == "b64_json" or not body.as_it_is:
        pictures = [{"b64_json": await asyncio.to_thread(_bytes, path, body)} for path in made]
    else:
        pictures = [{"url": url} for url in owner.links(made)]
    return JSONResponse({"created": int(time.time()), "data": pictures})


async def _made(owner: Owner, body: Wanted) -> list[str]:
    calls = [in_process.call(owner, "text-to-image", {"text": body.prompt}, "openai") for _ in range(body.n or 1)]
    results: list[dict[str, Any]] = await asyncio.gather(*calls)
    return [path for result in results for path in result["files"]]


def _bytes(path: str, body: Wanted) -> str:
    """The picture in base64, as large and in the format that was asked for."""
    if body.as_it_is:
        return base64.b64encode(UPath(path).read_bytes()).decode()
    buffer = io.BytesIO()
    with Image.open(here(path)) as picture:
        sized = picture.convert("RGB").resize(body.pixels or picture.size, Image.Resampling.LANCZOS)
        sized.save(buffer, body.output_format or "png")
    return base64.b64encode(buffer.getvalue()).decode()
