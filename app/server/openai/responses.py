"""``/v1/responses``, without memory: a client sends the conversation itself."""

import json
import logging
import time
from collections.abc import AsyncIterator
from itertools import count
from typing import Any, Literal

from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.owner import Owner
from app.server import in_process
from app.server.body import read
from app.server.openai import structured
from app.server.openai.bodies import Format, conversation
from app.server.openai.completions import Said
from app.server.openai.limits import Limited
from app.server.openai.models import MODEL, known
from app.server.refusals import BROKEN
from graph.state import InputState
from tools.errors import HuggingGPTError

log = logging.getLogger(__name__)


class Text(BaseModel):
    """How the answer is wanted; the schema of its format stands beside its type, not in ``json_schema``."""

    format: dict[str, Any] = {"type": "text"}

    @property
    def wanted(self) -> dict[str, Any] | None:
        """The JSON schema that the answer must fit, if any."""
        return Format(type=self.format.get("type", "text"), json_schema=self.format).wanted


class Item(BaseModel, extra="ignore"):
    """What was said, or another step of an earlier answer, which is passed over."""

    role: str | None = None
    content: str | list[dict[str, Any]] | None = None


class Asked(BaseModel):
    """The body. What would need a memory or a queue on the server is refused."""

    model: str
    input: str | list[Item] = Field(min_length=1)
    instructions: str | None = None
    stream: bool | None = False
    max_output_tokens: int | None = Field(None, ge=1)
    text: Text = Text()
    previous_response_id: None = None
    conversation: None = None
    prompt: None = None
    background: Literal[False] | None = None

    def as_input(self) -> InputState:
        """The conversation as the graph takes it."""
        items = (
            [{"role": "user", "content": self.input}]
            if isinstance(self.input, str)
            else [item.model_dump() for item in self.input]
        )
        system = [{"role": "system", "content": self.instructions}] if self.instructions else []
        return conversation([*system, *items])


async def create(request: Request) -> Response:
    """``POST /v1/responses``, whole or streamed."""
    body = await read(request, Asked)
    known(body.model)
    if schema := body.text.wanted:
        await structured.check(schema)
    said, limited = Said(Owner.of(request), body.as_input(), schema), Limited(most=body.max_output_tokens)
    if body.stream:
        return EventSourceResponse(_events(body, said, limited), ping=15, sep="\n")
    text = "".join([piece async for piece in limited.pieces(in_process.once(said.whole(request)))])
    return JSONResponse(_response(body, said, limited, text))


async def _events(body: Asked, said: Said, limited: Limited) -> AsyncIterator[dict[str, str]]:
    """The events of a response in OpenAI's order, numbered."""
    number = count()

    def event(kind: str, **more: object) -> dict[str, str]:
        return {"event": kind, "data": json.dumps({"type": kind, "sequence_number": next(number), **more})}

    text, place = "", {"item_id": f"msg_{said.id}", "output_index": 0, "content_index": 0}
    try:
        yield event("response.created", response=_response(body, said, limited, None))
        yield event("response.output_item.added", output_index=0, item=_item(said, None))
        yield event("response.content_part.added", **place, part=_part(""))
        async for piece in limited.pieces(said.words()):
            text += piece
            yield event("response.output_text.delta", **place, delta=piece, logprobs=[])
        yield event("response.output_text.done", **place, text=text, logprobs=[])
        yield event("response.content_part.done", **place, part=_part(text))
        yield event("response.output_item.done", output_index=0, item=_item(said, text))
        ended = _response(body, said, limited, text)
        yield event(f"response.{ended['status']}", response=ended)
    except HuggingGPTError as error:
        yield event("error", message=str(error), code="server_error", param=None)
    except Exception:
        log.exception("A streamed response failed")
        yield event("error", message=BROKEN, code="server_error", param=None)


def _response(body: Asked, said: Said, limited: Limited, text: str | None) -> dict[str, Any]:
    """The response as it stands; ``text`` is None while it is being made."""
    cut = limited.finish == "length"
    return {
        "id": f"resp_{said.id}",
        "object": "response",
        "created_at": int(time.time()),
        "model": MODEL,
        "status": "in_progress" if text is None else "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "output": [] if text is None else [_item(said, text)],
        "text": body.text.model_dump(),
        "metadata": {},
        "parallel_tool_calls": False,
        "previous_response_id": None,
        "store": False,
        "temperature": None,
        "top_p": None,
        "tool_choice": "none",
        "tools": [],
        "truncation": "disabled",
        "usage": None if text is None else _usage(said),
    }


def _item(said: Said, text: str | None) -> dict[str, Any]:
    content = [] if text is None else [_part(text)]
    status = "in_progress" if text is None else "completed"
    return {"id": f"msg_{said.id}", "type": "message", "role": "assistant", "status": status, "content": content}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(said: Said) -> dict[str, Any]:
    given, made = said.counter.total["input_tokens"], said.counter.total["output_tokens"]
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": given + made,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
