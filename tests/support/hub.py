"""A Hub, its router and some endpoints on loopback, for the real client.

Hosts keep their real names: the client's transport is pointed at this server, as a hosts file would, and what was
asked of which host with which key is in ``requests``. Answers have the form of the real services, and a request that
those would refuse is refused here.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.support.detour import detour
from tests.support.hub_answers import ANSWERS, FAULTS, MP4_REPLY, PNG_REPLY, Reply, chat
from tests.support.hub_inputs import understood


@dataclass(frozen=True)
class Asked:
    """What the server was asked. ``host`` is the one the client meant, and ``key`` what it showed."""

    host: str
    method: str
    path: str
    key: str | None
    kind: str
    body: bytes


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
    """The server. ``models`` are on its Hub; inference goes on only while it is ``free``."""

    def __init__(self, models: dict[str, Model]) -> None:
        self.models, self.requests = models, list[Asked]()
        self.free, self.inferred = threading.Event(), 0
        self.peers = set[tuple[str, int]]()  # the other ends of all connections
        self.free.set()
        self.polls = 0
        self.endless, self.cancelled = False, threading.Event()  # whether its queue never gets done; who gave up on it
        handler = type("Handler", (_Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def reply(self, request: Asked) -> Reply:
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

    def _catalogue(self, request: Asked) -> Reply:
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

    def _route(self, request: Asked) -> Reply:
        """The router: chat for all providers, hf-inference by model, fal-ai by its own forms."""
        path = urlsplit(request.path).path
        if path == "/v1/chat/completions":
            return self._infer("conversational", request)
        if path.startswith("/fal-ai/"):
            return self._fal(path, request)
        if path.startswith("/replicate/"):
            return FAULTS["broken"]
        name = path.removeprefix("/hf-inference/models/").partition("/pipeline/")[0]
        return self._infer(self.models[name].tag, request)

    def _fal(self, path: str, request: Asked) -> Reply:
        if path.endswith("/cancel") and request.method == "PUT":
            self.cancelled.set()
            return Reply({"status": "CANCELLATION_REQUESTED"}, 202)
        if path.endswith("/status"):
            self.polls += 1
            done = self.polls > 1 and self.free.is_set() and not self.endless
            return Reply({"status": "COMPLETED" if done else "IN_PROGRESS"})
        if request.method == "GET":
            return Reply({"video": {"url": "https://v3.fal.media/files/film.mp4"}})
        if "video" in path:
            return Reply(
                {"request_id": "r1", "status": "IN_QUEUE", "response_url": "https://queue.fal.run/film/requests/r1"}
            )
        return Reply({"images": [{"url": "https://v3.fal.media/files/picture.png"}]})

    def _infer(self, task: str, request: Asked) -> Reply:
        if not self.free.wait(60):
            return Reply({"error": "Nobody set it free."}, 504)
        self.inferred += 1
        try:
            if task == "conversational":
                answer = chat(json.loads(request.body))
            else:
                answer = ANSWERS[task](understood(task, request.kind, request.body))
        except (KeyError, ValueError, AttributeError, TypeError, OSError, RuntimeError, StopIteration) as error:
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
        request = Asked(host, self.command, self.path, key, self.headers.get("Content-Type") or "", body)
        self.hub.requests.append(request)
        self.hub.peers.add(self.client_address)
        reply = self.hub.reply(request)
        time.sleep(reply.after)
        self.send_response(reply.status)
        headers = {"Content-Type": reply.kind, "Content-Length": str(len(reply.content))} | reply.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)
        self.close_connection = "Content-Length" in reply.headers

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - names that the base class calls


@contextmanager
def serving(models: dict[str, Model]) -> Iterator[Hub]:
    """A running server, to which the Hub client of this process goes for every host."""
    hub = Hub(models)
    thread = threading.Thread(target=hub.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        with detour(hub.server.server_port):
            yield hub
    finally:
        hub.server.shutdown()
        hub.server.server_close()
        thread.join(5)
