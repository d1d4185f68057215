"""``/v1/chat/completions``."""

import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.owner import Owner
from app.server import in_process
from app.server.body import read
from app.server.openai import chores, structured
from app.server.openai.bodies import Completion
from app.server.openai.limits import Limited
from app.server.openai.models import MODEL, known
from app.server.refusals import BROKEN
from graph.state import InputState
from graph.usage import Usage
from tools.errors import HuggingGPTError

log = logging.getLogger(__name__)


async def create(request: Request) -> Response:
    """``POST /v1/chat/completions``, whole or streamed."""
    body = await read(request, Completion)
    known(body.model)
    if body.schema_wanted:
        await structured.check(body.schema_wanted)
    said = Said(Owner.of(request), body.as_input(), body.schema_wanted)
    limited = Limited(body.stops, body.most)
    if body.stream:
        chunks = _chunks(body, said, limited)
        return EventSourceResponse(chunks, ping=15, sep="\n")
    content = "".join([piece async for piece in limited.pieces(in_process.once(said.whole(request)))])
    choice = {"index": 0, "message": _message(content), "finish_reason": limited.finish, "logprobs": None}
    return JSONResponse({**_head(said, "chat.completion"), "choices": [choice], "usage": _usage(said.counter)})


class Said:
    """What is said to a conversation: by the graph, as JSON if that is wanted, or to the interface itself."""

    def __init__(self, owner: Owner, given: InputState, schema: dict[str, Any] | None = None) -> None:
        self.owner, self.given, self.schema = owner, given, schema
        self.id: UUID = uuid4()
        self.counter = Usage()
        self._config = owner.config("openai", self.id, [self.counter])

    async def whole(self, request: Request) -> str:
        """All of it at once, as long as the client waits for it."""
        return await in_process.unless_gone(request, self._at_once())

    def words(self) -> in_process.Words:
        """The words as they come."""
        if self.schema or chores.is_chore(self.given["messages"]):
            return in_process.once(self._at_once())
        return in_process.stream(self.given, self._config, self.owner)

    async def _at_once(self) -> str:
        if chores.is_chore(self.given["messages"]):
            return await chores.answer(self.given["messages"])
        answer = in_process.last_words(await in_process.final_state(self.given, self._config), self.owner)
        return await structured.as_json(answer, self.schema) if self.schema else answer


async def _chunks(body: Completion, said: Said, limited: Limited) -> AsyncIterator[dict[str, str]]:
    head = _head(said, "chat.completion.chunk")
    try:
        yield _chunk(head, _message(""))
        async for text in limited.pieces(said.words()):
            yield _chunk(head, {"content": text})
        yield _chunk(head, {}, limited.finish)
        if (body.stream_options or {}).get("include_usage"):
            yield {"data": json.dumps({**head, "choices": [], "usage": _usage(said.counter)})}
    except HuggingGPTError as error:
        yield failure(str(error))
    except Exception:
        log.exception("A streamed answer failed")
        yield failure(BROKEN)
    yield {"data": "[DONE]"}


def failure(message: str) -> dict[str, str]:
    """The event that ends a stream that failed."""
    return {"data": json.dumps({"error": {"message": message, "type": "server_error", "param": None, "code": None}})}


def _message(content: str) -> dict[str, str]:
    return {"role": "assistant", "content": content}


def _chunk(head: dict[str, Any], delta: dict[str, str], finish: str | None = None) -> dict[str, str]:
    return {"data": json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})}


def _head(said: Said, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{said.id}", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(counter: Usage) -> dict[str, int]:
    prompt, completion = counter.total["input_tokens"], counter.total["output_tokens"]
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
