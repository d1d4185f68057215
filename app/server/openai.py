"""OpenAI's chat API in front of the graph, so that any client of theirs can use it."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import uuid4

from pydantic import Field, ValidationError
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.owner import Owner
from app.server import runs
from app.server.body import Conversation, read
from graph.usage import Usage
from tools.errors import HuggingGPTError, InputError

MODEL = "hugginggpt"
STARTED = int(time.time())


class Completion(Conversation):
    """The fields that mean something here, and those that clients send by habit and that change nothing."""

    model: str
    stream: bool = False
    stream_options: dict[str, bool] | None = None
    n: Literal[1] = 1
    temperature: float | None = Field(None, description="ignored, as all below: the stages set their own")
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    user: str | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    response_format: dict[str, Any] | None = None
    reasoning_effort: str | None = None


async def models(_request: Request) -> Response:
    """``GET /v1/models``: one model, the whole graph."""
    listed = {"id": MODEL, "object": "model", "created": STARTED, "owned_by": MODEL}
    return JSONResponse({"object": "list", "data": [listed]})


async def completions(request: Request) -> Response:
    """``POST /v1/chat/completions``, whole or streamed. Errors have OpenAI's shape."""
    try:
        body = await read(request, Completion)
        if body.model != MODEL:
            return _error(404, f"There is no model {body.model!r}; the one model is {MODEL!r}.", "model_not_found")
        counter, run_id = Usage(), uuid4()
        owner = Owner.of(request)
        config = owner.config("openai", run_id, [counter])
        if body.stream:
            chunks = _chunks(
                body, runs.stream(body.as_input(), config, owner), _head(run_id, "chat.completion.chunk"), counter
            )
            return EventSourceResponse(chunks, ping=15, sep="\n")
        state = await runs.unless_gone(request, runs.answer(body.as_input(), config))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return _error(400, f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}")
    except HuggingGPTError as error:
        return _error(400 if isinstance(error, InputError) else 502, str(error))
    message = {"role": "assistant", "content": runs.last_words(state, Owner.of(request))}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return JSONResponse({**_head(run_id, "chat.completion"), "choices": [choice], "usage": _usage(counter)})


async def _chunks(
    body: Completion, words: AsyncIterator[str], head: dict[str, Any], counter: Usage
) -> AsyncIterator[dict[str, str]]:
    try:
        yield _chunk(head, {"role": "assistant", "content": ""})
        async for text in words:
            yield _chunk(head, {"content": text})
        yield _chunk(head, {}, "stop")
        if (body.stream_options or {}).get("include_usage"):
            yield {"data": json.dumps({**head, "choices": [], "usage": _usage(counter)})}
    except HuggingGPTError as error:
        yield {"data": json.dumps({"error": {"message": str(error), "type": "server_error"}})}
    yield {"data": "[DONE]"}


def _chunk(head: dict[str, Any], delta: dict[str, str], finish: str | None = None) -> dict[str, str]:
    return {"data": json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})}


def _head(run_id: object, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{run_id}", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(counter: Usage) -> dict[str, int]:
    prompt, completion = counter.total["input_tokens"], counter.total["output_tokens"]
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _error(status: int, message: str, code: str | None = None) -> Response:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)
