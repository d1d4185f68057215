"""A Hub, its router and some endpoints on loopback, for the real client.

Hosts keep their real names: the client's transport is pointed at this server, as a hosts file would, and what was
asked of which host with which key is in ``requests``. Answers have the form of the real services, and a request that
those would refuse is refused here.
"""

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
from huggingface_hub import set_async_client_factory, set_client_factory
from huggingface_hub.utils._http import default_async_client_factory, default_client_factory
from PIL import Image

from tools.artifacts import encode
from tools.backends.base import Audio, Video

RED = Image.new("RGB", (8, 6), "red")
PNG = encode(RED)[1]
WAV = encode(Audio(np.sin(np.arange(800, dtype=np.float32) / 10), 8000))[1]
MP4 = encode(Video([Image.new("RGB", (32, 16), colour) for colour in ("red", "lime", "blue")], 8))[1]


@dataclass(frozen=True)
class Request:
    """What the server was asked. ``host`` is the one the client meant, and ``key`` what it showed."""

    host: str
    method: str
    path: str
    key: str | None
    kind: str
    body: bytes


@dataclass
class Reply:
    """What the server answers, ``after`` so many seconds."""

    body: Any = b""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


PNG_REPLY, WAV_REPLY, MP4_REPLY = (
    Reply(PNG, kind="image/png"),
    Reply(WAV, kind="audio/wav"),
    Reply(MP4, kind="video/mp4"),
)
_SCORES = [{"label": "cat", "score": 0.9}, {"label": "dog", "score": 0.1}]
_BOX = [{"label": "cat", "score": 0.9, "box": {"xmin": 1, "ymin": 1, "xmax": 5, "ymax": 4}}]
_MASK = base64.b64encode(encode(Image.new("L", (8, 6), 255))[1]).decode()
_ANSWER = {"answer": "in Berlin", "score": 0.8, "start": 8, "end": 17}


def _labels(request: dict[str, Any]) -> list[dict[str, Any]]:
    names = request["parameters"]["candidate_labels"]
    return [{"label": name, "score": round(1 / (place + 2), 3)} for place, name in enumerate(names)]


def _chat(request: dict[str, Any]) -> dict[str, Any]:
    content = request["messages"][-1]["content"]
    texts = [content] if isinstance(content, str) else [part["text"] for part in content if part["type"] == "text"]
    for part in content if isinstance(content, list) else []:
        if part["type"] == "image_url":
            Image.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].partition(",")[2]))).verify()
    message = {"role": "assistant", "content": f"You said: {texts[-1]}"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"id": "1", "created": 1, "model": request["model"], "object": "chat.completion", "choices": [choice]}


# What an inference endpoint of each task answers to a request it understood: JSON, or a reply with media.
ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "text-classification": lambda r: [[{"label": "POSITIVE", "score": 0.99}, {"label": "NEGATIVE", "score": 0.01}]],
    "token-classification": lambda r: [
        {"entity_group": "LOC", "word": "Berlin", "score": 0.99, "start": r["inputs"].index("Berlin"), "end": 17}
    ],
    "zero-shot-classification": _labels,
    "question-answering": lambda r: _ANSWER | {"answer": r["inputs"]["context"].split()[-1]},
    "table-question-answering": lambda r: {
        "answer": r["inputs"]["table"]["city"][0],
        "coordinates": [[0, 0]],
        "cells": ["Berlin"],
        "aggregator": "NONE",
    },
    "summarization": lambda r: [{"summary_text": r["inputs"][:12]}],
    "translation": lambda r: [{"translation_text": f"<{r['inputs']}>"}],
    "text-generation": lambda r: [{"generated_text": f"{r['inputs']} and more"}],
    "text2text-generation": lambda r: [{"generated_text": f"{r['inputs']} rewritten"}],
    "fill-mask": lambda r: [
        {
            "sequence": "Paris is a city",
            "token_str": " city",
            "token": 3,
            "score": 0.9 + 0 * r["inputs"].index("<mask>"),
        }
    ],
    "sentence-similarity": lambda r: [1 / (i + 1) for i, _ in enumerate(r["inputs"]["sentences"])],
    "text-ranking": lambda r: [{"index": i, "score": float(i)} for i, _ in enumerate(r["texts"])],
    "feature-extraction": lambda r: [[0.5] * 4 for _ in r["inputs"].split()],
    "tabular-classification": lambda r: ["yes" for _ in next(iter(r["table"].values()))],
    "image-classification": lambda r: _SCORES,
    "zero-shot-image-classification": _labels,
    "object-detection": lambda r: _BOX,
    "zero-shot-object-detection": lambda r: [_BOX[0] | {"label": r["parameters"]["candidate_labels"][0]}],
    "image-segmentation": lambda r: [{"label": "sky", "score": 0.9, "mask": _MASK}],
    "mask-generation": lambda r: [{"score": 0.9, "mask": _MASK}],
    "depth-estimation": lambda r: {"depth": _MASK},
    "keypoint-detection": lambda r: [{"keypoints": [{"x": float(i % 8), "y": 2.0, "score": 0.9} for i in range(17)]}],
    "image-to-text": lambda r: [{"generated_text": "a red square"}],
    "visual-question-answering": lambda r: [{"answer": f"answer to {r['question']}", "score": 0.7}],
    "document-question-answering": lambda r: [_ANSWER | {"answer": f"answer to {r['inputs']['question']}"}],
    "image-feature-extraction": lambda r: [[0.5] * 4] * 5,
    "image-to-image": lambda r: PNG_REPLY,
    "image-editing": lambda r: PNG_REPLY,
    "image-to-video": lambda r: MP4_REPLY,
    "text-to-image": lambda r: PNG_REPLY if r["inputs"] else Reply({"error": "empty"}, 422),
    "text-to-speech": lambda r: WAV_REPLY if r["inputs"] else Reply({"error": "empty"}, 422),
    "text-to-audio": lambda r: [{"generated_audio": base64.b64encode(WAV).decode()}],
    "automatic-speech-recognition": lambda r: {"text": " hello world"},
    "audio-to-audio": lambda r: [
        {"label": "clean", "content-type": "audio/wav", "blob": base64.b64encode(WAV).decode()}
    ],
    "audio-classification": lambda r: _SCORES,
    "zero-shot-audio-classification": _labels,
    "text-to-video": lambda r: MP4_REPLY,
    "video-classification": lambda r: _SCORES,
}
ANSWERS |= {f"{kind}-control": lambda r: PNG_REPLY for kind in ("canny", "hed", "mlsd", "normal", "openpose")}
ANSWERS |= {
    f"{kind}-text-to-image": lambda r: PNG_REPLY if r["parameters"]["image"] else Reply({"error": "no image"}, 422)
    for kind in ("canny", "hed", "mlsd", "normal", "openpose", "depth", "seg")
}
_BINARY = ("image", "audio", "object", "visual", "document", "automatic", "mask", "depth", "keypoint", "video", "canny")

FAULTS: dict[str, Reply] = {
    "loading": Reply({"error": "Model acme/a is currently loading", "estimated_time": 20.0}, 503),
    "rate": Reply({"error": "Too many requests"}, 429, headers={"Retry-After": "7"}),
    "rate-by-date": Reply(
        {"error": "Too many requests"}, 429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    ),
    "rate-silent": Reply({"error": "Too many requests"}, 429),
    "rate-for-a-day": Reply({"error": "Too many requests"}, 429, headers={"Retry-After": "86400"}),
    "payment": Reply({"error": "You have exceeded your monthly included credits"}, 402),
    "key": Reply({"error": "Invalid credentials in Authorization header"}, 401),
    "gated": Reply({"error": "Access is restricted"}, 403, headers={"X-Error-Code": "GatedRepo"}),
    "missing": Reply({"error": "Not found"}, 404),
    "gone": Reply({"error": "The requested model is deprecated and no longer supported by provider"}, 410),
    "bad-input": Reply({"error": "inputs must be a string, not hf_secret"}, 422),
    "memory": Reply({"error": "CUDA out of memory. Tried to allocate 2 GiB"}, 500),
    "broken": Reply({"error": "Internal error"}, 500),
    "gateway": Reply(b"<html>504</html>", 504, "text/html"),
    "html": Reply(b"<html>hello</html>", kind="text/html"),
    "empty": Reply(b""),
    "null": Reply(None),
    "other-json": Reply({"surprise": True}),
    "other-list": Reply([]),
    "bytes": Reply(b"\xff\xfe\x00\x01", kind="application/octet-stream"),
    "slow": Reply([[{"label": "late", "score": 1.0}]], after=3),
    "cut": Reply([], headers={"Content-Length": "999"}),
}


@dataclass(frozen=True)
class Model:
    """A model on the Hub. ``providers`` maps a provider to the task it serves the model for."""

    tag: str
    providers: dict[str, str] = field(default_factory=dict)
    downloads: int = 1000
    gated: bool = False
    licence: str = "mit"

    def listing(self, name: str) -> dict[str, Any]:
        mapping = [
            {"provider": provider, "providerId": f"{provider}/{name}", "status": "live", "task": task}
            for provider, task in self.providers.items()
        ]
        return {
            "id": name,
            "sha": "a" * 40,
            "pipeline_tag": self.tag,
            "downloads": self.downloads,
            "likes": 5,
            "gated": "manual" if self.gated else False,
            "library_name": "transformers",
            "tags": ["transformers", "safetensors", f"license:{self.licence}", "en", self.tag],
            "cardData": {"license": self.licence, "language": "en"},
            "config": {"architectures": ["BertForSequenceClassification"], "model_type": "bert"},
            "safetensors": {"parameters": {"F32": 1234}, "total": 1234},
            "mask_token": "<mask>",
            "inferenceProviderMapping": mapping,
        }


class Hub:
    """The server. ``models`` are on its Hub; ``delay`` is the time in seconds that every inference takes."""

    def __init__(self, models: dict[str, Model]) -> None:
        self.models, self.requests, self.delay = models, list[Request](), 0.0
        self.polls = 0
        handler = type("Handler", (_Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def reply(self, request: Request) -> Reply:
        """The answer of the service that the request was meant for."""
        if request.host == "huggingface.co":
            return self._catalogue(request)
        if request.host == "router.huggingface.co":
            return self._route(request) if request.key else FAULTS["key"]
        if request.host == "v3.fal.media":
            return MP4_REPLY if request.path.endswith(".mp4") else PNG_REPLY
        kind, _, name = request.path.strip("/").partition("/")
        if kind == "fault":
            return FAULTS[name.partition("/")[0]]
        task, _, rest = name.partition("/v1/")
        return self._infer("conversational" if rest else task, request) if kind == "task" else FAULTS["missing"]

    def _catalogue(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        name = parts.path.removeprefix("/api/models").strip("/")
        if name:
            found = self.models.get(name)
            lost = Reply({"error": "Repository not found"}, 404, headers={"X-Error-Code": "RepoNotFound"})
            return Reply(found.listing(name)) if found else lost
        listed = [
            model.listing(name)
            for name, model in sorted(self.models.items(), key=lambda pair: -pair[1].downloads)
            if model.tag == query["pipeline_tag"] and (model.providers or "inference_provider" not in query)
        ]
        return Reply(listed[: int(query["limit"])])

    def _route(self, request: Request) -> Reply:
        """The router: chat for all providers, hf-inference by model, fal-ai by its own forms."""
        path = urlsplit(request.path).path
        if path == "/v1/chat/completions":
            return self._infer("conversational", request)
        if path.startswith("/fal-ai/"):
            return self._fal(path, request)
        name = path.removeprefix("/hf-inference/models/").partition("/pipeline/")[0]
        return self._infer(self.models[name].tag, request)

    def _fal(self, path: str, request: Request) -> Reply:
        if path.endswith("/status"):
            self.polls += 1
            time.sleep(0.1)
            return Reply({"status": "COMPLETED" if self.polls > 1 else "IN_PROGRESS"})
        if request.method == "GET":
            return Reply({"video": {"url": "https://v3.fal.media/files/film.mp4"}})
        if "video" in path:
            return Reply(
                {"request_id": "r1", "status": "IN_QUEUE", "response_url": "https://queue.fal.run/film/requests/r1"}
            )
        return Reply({"images": [{"url": "https://v3.fal.media/files/picture.png"}]})

    def _infer(self, task: str, request: Request) -> Reply:
        time.sleep(self.delay)
        try:
            if request.kind == "application/json":
                asked = json.loads(request.body)
            elif request.kind.startswith(("image/", "audio/", "video/")) and task.startswith(_BINARY):
                asked = {}
            else:
                return Reply({"error": f"Content type {request.kind!r} not supported"}, 400)
            answer = _chat(asked) if task == "conversational" else ANSWERS[task](asked)
        except (KeyError, ValueError, AttributeError, TypeError, OSError) as error:
            return Reply({"error": f"{type(error).__name__}: {error}"}, 422)
        return answer if isinstance(answer, Reply) else Reply(answer)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for head and body, lest each answer wait for an acknowledgement
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host = self.headers["Host"].partition(":")[0]
        key = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        request = Request(host, self.command, self.path, key, self.headers.get("Content-Type") or "", body)
        self.hub.requests.append(request)
        reply = self.hub.reply(request)
        time.sleep(reply.after)
        self.send_response(reply.status)
        headers = {"Content-Type": reply.kind, "Content-Length": str(len(reply.content))} | reply.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)
        self.close_connection = "Content-Length" in reply.headers

    do_GET = do_POST = _serve  # noqa: N815 - names that the base class calls


class _Detour(httpx.HTTPTransport):
    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return super().handle_request(_detour(request, self._port))


class _AsyncDetour(httpx.AsyncHTTPTransport):
    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await super().handle_async_request(_detour(request, self._port))


def _detour(request: httpx.Request, port: int) -> httpx.Request:
    """The same request, Host header and all, to the server on loopback; what was for loopback stays."""
    if request.url.host != "127.0.0.1":
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)
    return request


@contextmanager
def serving(models: dict[str, Model]) -> Iterator[Hub]:
    """A running server, to which the Hub client of this process goes for every host."""
    hub = Hub(models)
    port = hub.server.server_port
    thread = threading.Thread(target=hub.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    set_client_factory(lambda: httpx.Client(transport=_Detour(port), follow_redirects=True, timeout=60))
    set_async_client_factory(lambda: httpx.AsyncClient(transport=_AsyncDetour(port), follow_redirects=True, timeout=60))
    try:
        yield hub
    finally:
        set_client_factory(default_client_factory)
        set_async_client_factory(default_async_client_factory)
        hub.server.shutdown()
        hub.server.server_close()
        thread.join(5)
