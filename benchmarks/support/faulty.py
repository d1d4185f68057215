"""A controller, models, a Hub and a website on loopback that misbehave as they are told, each request in its place.

``plan``, ``select`` and ``respond`` are the calls of the controller, ``hub`` and ``provider`` those of Hugging Face's
hosts, ``files`` those of a website; any other place is the task type of an endpoint. Where no fault is set for a place
the answer is good, and says what was asked, so that a result in the wrong place is seen.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from typing import Any

import prompts
from benchmarks.support.misbehaviour import Fault, Good, well

_STAGES = {prompts.render("select")[:40]: "select", prompts.render("respond")[:40]: "respond"}  # by their prompts


class Faulty(ThreadingHTTPServer):
    """``faults`` maps a place to what goes wrong there, one request after the other; the last goes on for ever.

    ``plan`` is what the controller plans; ``pages`` the website's pages by path; ``asked`` counts requests by place.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, plan: str, pages: dict[str, Good]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan, self.pages = plan, pages
        self.faults: dict[str, Iterator[Fault]] = {}
        self.asked: Counter[str] = Counter()
        self.free = threading.Event()  # set when nobody need hang any longer

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def misbehave(self, place: str, *faults: Fault) -> None:
        """From the next request on."""
        *first, last = faults
        self.faults[place] = iter([*first, *repeat(last, 1000)])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's
        """A client that has had enough is no error."""


class Handler(BaseHTTPRequestHandler):
    """Finds the place of a request, and behaves there as the server was told."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for head and body
    server: Faulty

    def do_POST(self) -> None:
        """Answer, well or not."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        place, good = self._place(json.loads(raw) if raw[:1] == b"{" else {})
        self.server.asked[place] += 1
        fault = next(self.server.faults.get(place, iter(())), well)
        self.close_connection = fault is not well
        with suppress(OSError):  # the client has had enough
            fault(self, good)

    do_GET = do_POST  # noqa: N815 - a name that the base class calls

    def _place(self, asked: dict[str, Any]) -> tuple[str, Good]:
        host, path = self.headers["Host"].partition(":")[0], self.path.partition("?")[0]
        if host == "huggingface.co":
            return "hub", _json(_listing(path))
        if host == "router.huggingface.co":
            return "provider", _answer("text-to-image", asked)
        kind, _, name = path.strip("/").partition("/")
        if kind == "v1":
            return self._call_of_controller(asked)
        if kind == "files":
            return "files", self.server.pages[name]
        return name, _answer(name.removeprefix("spare-"), asked)

    def _call_of_controller(self, asked: dict[str, Any]) -> tuple[str, Good]:
        system = str(asked["messages"][0]["content"])
        stage = _STAGES.get(system[:40], "plan" if "plan" in system[:40].lower() else "llm")
        if stage == "llm":
            return stage, _said("as a chat model says")
        if stage == "select":
            return stage, _said('{"choices": []}')
        if stage == "respond":
            return stage, _said("This is what came of it.")
        again = "failed: " in str(asked["messages"][-1]["content"])
        return stage, _said('{"reply": "There is no other way."}' if again else self.server.plan)

    def head(self, status: int, kind: str, length: int | None, **headers: str) -> None:
        """Send the first lines; without a length the body goes on until the connection ends."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def whole(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        """Send a complete answer."""
        self.head(status, kind, len(body), **headers)
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _json(value: object) -> Good:
    return Good("application/json", json.dumps(value).encode())


def _listing(path: str) -> object:
    """What the Hub says of a model, or of the models of a task."""
    name = path.removeprefix("/api/models").strip("/")
    served = [{"provider": "hf-inference", "providerId": name, "status": "live", "task": "text-to-image"}]
    entry = {"id": name or "acme/painter", "sha": "a" * 40, "pipeline_tag": "text-to-image", "downloads": 5, "tags": []}
    entry["inferenceProviderMapping"] = served
    return entry if name else [entry]


def _answer(task: str, asked: dict[str, Any]) -> Good:
    """What a model makes of its input: a text that tells both."""
    fields = {"summarization": "summary_text", "translation": "translation_text"}
    if task == "text-to-image":
        return Good("image/png", picture())
    said = f"{task}({asked.get('inputs')})"
    if task == "fill-mask":
        return _json([{"sequence": said, "token_str": "x", "token": 1, "score": 1.0}])
    return _json([{fields.get(task, "generated_text"): said}])


def picture() -> bytes:
    """A small PNG."""
    import io

    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(held, "PNG")
    return held.getvalue()


def _said(text: str) -> Good:
    """A stream of a chat model that says the text."""

    def event(delta: dict[str, str], end: str | None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": end}
        facts = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "stand-in", "choices": [choice]}
        return f"data: {json.dumps(facts)}\n\n"

    words = "".join(event({"role": "assistant", "content": f"{word} "}, None) for word in text.split(" "))
    return Good("text/event-stream", (words + event({}, "stop") + "data: [DONE]\n\n").encode())


@contextmanager
def faulty(plan: str, pages: dict[str, Good]) -> Iterator[Faulty]:
    """The server, running; at the end whatever hangs is let go."""
    server = Faulty(plan, pages)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.free.set()
        server.shutdown()
        thread.join(5)
        server.server_close()
