"""A language model and sleeping models behind HTTP, in a process of their own.

    python -m benchmarks.support.remote --port PORT --plans FILE

``POST /v1/chat/completions`` is OpenAI's streamed API at a set pace: asked for JSON, a model named NAME writes the plan
NAME of the file, a JSON object of texts; asked for words, it gives an answer. ``POST /TASK`` is an endpoint as Hugging
Face's own, which takes as long as its text says.
"""

import argparse
import asyncio
import io
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from benchmarks.support.servers import process
from benchmarks.support.workloads import ANSWER, FIRST_TOKEN, PAPER, PER_TOKEN, TEXT, seconds
from graph.planning.scanner import Scanner

TOKEN = re.compile(r"\s*\S{1,5}|\s+$")  # about what a token is


def spoken(text: str) -> float:
    """Seconds that the language model takes to say it."""
    return FIRST_TOKEN + (len(TOKEN.findall(text)) - 1) * PER_TOKEN


def written(plan: str) -> dict[int, float]:
    """When the language model has written each task of a plan, in seconds from its call."""
    scanner = Scanner()
    return {
        place: FIRST_TOKEN + number * PER_TOKEN
        for number, token in enumerate(TOKEN.findall(plan))
        for place, _ in scanner.feed(token)
    }


@contextmanager
def remote(plans: Path) -> Iterator[str]:
    """The address of a running server that knows these plans."""
    with process("benchmarks.support.remote", "--plans", str(plans)) as (url, _pid):
        yield url


def models_toml(url: str) -> str:
    """The file that names the sleeping models as endpoints of one's own."""
    return "\n".join(f'[[models]]\ntask = "{task}"\nmodel = "{url}/{task}"' for task in (TEXT, *PAPER))


def application(plans: dict[str, str]) -> Starlette:
    """The server."""

    async def complete(request: Request) -> Response:
        asked = await request.json()
        text = plans[asked["model"]] if "response_format" in asked else ANSWER
        return StreamingResponse(_stream(text), media_type="text/event-stream")

    routes = [
        Route("/health", lambda _: PlainTextResponse("well")),
        Route("/v1/chat/completions", complete, methods=["POST"]),
        Route("/{task}", _infer, methods=["POST"]),
    ]
    return Starlette(routes=routes)


async def _infer(request: Request) -> Response:
    task, asked = request.path_params["task"], await request.body()
    begun = time.perf_counter()
    text = json.loads(asked)["inputs"] if task == TEXT else ""
    await asyncio.sleep(begun + seconds(task, text) - time.perf_counter())
    if task in {TEXT, PAPER[1]}:
        return JSONResponse([{"generated_text": "a child on a bench"}])
    return Response(_PICTURE, media_type="image/png")


async def _stream(text: str) -> AsyncIterator[str]:
    """Every token when it is due; the usage comes last."""
    begun, tokens = time.perf_counter(), TOKEN.findall(text)
    for number, token in enumerate(tokens):
        await asyncio.sleep(max(0.0, begun + FIRST_TOKEN + number * PER_TOKEN - time.perf_counter()))
        yield _event({"index": 0, "delta": {"role": "assistant", "content": token}, "finish_reason": None})
    yield _event({"index": 0, "delta": {}, "finish_reason": "stop"})
    used = {"prompt_tokens": 1, "completion_tokens": len(tokens), "total_tokens": len(tokens) + 1}
    yield _event(usage=used)
    yield "data: [DONE]\n\n"


def _event(*choices: dict[str, Any], usage: dict[str, int] | None = None) -> str:
    facts = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "sleeper"}
    return f"data: {json.dumps({**facts, 'choices': choices, 'usage': usage})}\n\n"


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()


_PICTURE = _picture()

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--plans", type=Path, required=True)
    arguments = parser.parse_args()
    known = json.loads(arguments.plans.read_text(encoding="utf-8"))
    uvicorn.run(application(known), host="127.0.0.1", port=arguments.port, log_level="warning")
