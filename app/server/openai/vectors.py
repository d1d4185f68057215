"""``/v1/embeddings``: the task feature-extraction, a text at a time."""

import asyncio
import base64
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.owner import Owner
from app.server import in_process
from app.server.body import read
from tools.errors import InputError, ModelError

MOST = 256  # texts of one request


class Texts(BaseModel):
    """The body. ``model`` names whatever does the task here, and is told in the answer."""

    model: str
    input: str | list[str] = Field(min_length=1, description="Texts; tokens of another model's mean nothing here")
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: int | None = None


async def create(request: Request) -> Response:
    """``POST /v1/embeddings``."""
    body = await read(request, Texts)
    texts = [body.input] if isinstance(body.input, str) else body.input
    if len(texts) > MOST:
        raise InputError(f"At most {MOST} texts are taken at a time; send the rest in further requests.")
    calls = [in_process.call(Owner.of(request), "feature-extraction", {"text": text}, "openai") for text in texts]
    made = await in_process.unless_gone(request, _all(calls))
    if missing := next((vector for vector in made if not isinstance(vector["data"], list)), None):
        raise ModelError(f"{missing['model']} gave no vector.")
    if body.dimensions not in {None, len(made[0]["data"])}:
        raise InputError(f"{made[0]['model']} gives vectors of {len(made[0]['data'])} dimensions and no other.")
    rows = [
        {"object": "embedding", "index": at, "embedding": _encoded(vector["data"], body.encoding_format)}
        for at, vector in enumerate(made)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}  # no language model was asked
    return JSONResponse({"object": "list", "data": rows, "model": made[0]["model"], "usage": usage})


async def _all(calls: list[Any]) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*calls))


def _encoded(vector: list[float], how: str | None) -> Any:  # noqa: ANN401 - a list, or its bytes as a text
    return base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode() if how == "base64" else vector
