"""The models that OpenAI's clients see: one, the whole graph."""

import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

MODEL = "hugginggpt"
_FACTS: dict[str, Any] = {"id": MODEL, "object": "model", "created": int(time.time()), "owned_by": MODEL}


async def listed(_request: Request) -> Response:
    """``GET /v1/models``: one model, the whole graph."""
    return JSONResponse({"object": "list", "data": [_FACTS]})


async def described(request: Request) -> Response:
    """``GET /v1/models/ID``."""
    known(request.path_params["model"])
    return JSONResponse(_FACTS)


def known(model: str) -> None:
    """Refuse any other model. Raises HTTPException (404)."""
    if model != MODEL:
        raise HTTPException(404, f"There is no model {model!r}; the one model is {MODEL!r}.")
