"""A loopback stand-in for an OpenAI-compatible server: it says what a test lets it say, whole or as a stream."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.loopback import running

Answer = str | int | Callable[[], Iterator[str]]
USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}


class OpenAIServer(ThreadingHTTPServer):
    """Gives its ``answers`` one after the other; an int is an HTTP status. ``asked`` holds the requests' bodies.

    An answer that is called gives the events of a stream as they are to be sent, without end if it likes.

    ``repeats_role`` has every piece of a stream name the role anew, as Ollama's do, not the first alone.
    """

    daemon_threads = True

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.asked = list(answers), list[dict[str, Any]]()
        self.repeats_role = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: OpenAIServer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        answer = self.server.answers.pop(0) if self.server.answers else 500
        if callable(answer):
            self._send_events(answer())
        elif isinstance(answer, int):
            self._send(answer, "application/json", json.dumps({"error": {"message": "no"}}))
        elif asked.get("stream"):
            self._send(
                200,
                "text/event-stream",
                "".join(f"data: {chunk}\n\n" for chunk in _stream(answer, self.server.repeats_role)),
            )
        else:
            message = {"role": "assistant", "content": answer}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._send(200, "application/json", json.dumps(_body("chat.completion", [choice], USAGE)))

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_events(self, events: Iterator[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with suppress(ConnectionError):  # the client has had enough
            for event in events:
                self.wfile.write(f"data: {event}\n\n".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _stream(answer: str, repeats_role: bool) -> Iterator[str]:
    for number, word in enumerate(answer.split(" ")):
        role = {"role": "assistant"} if repeats_role or not number else {}
        delta = {**role, "content": f"{word} "}
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield json.dumps(_body("chat.completion.chunk", [choice]))
    yield json.dumps(_body("chat.completion.chunk", [{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    yield json.dumps(_body("chat.completion.chunk", [], USAGE))
    yield "[DONE]"


def piece(**delta: str) -> str:
    """One event of a stream."""
    return json.dumps(_body("chat.completion.chunk", [{"index": 0, "delta": delta, "finish_reason": None}]))


def _body(kind: str, choices: list[Any], usage: object = None) -> dict[str, Any]:
    return {"id": "x", "object": kind, "created": 0, "model": "stand-in", "choices": choices, "usage": usage}


@contextmanager
def openai_server(*answers: Answer) -> Iterator[OpenAIServer]:
    """The server, running."""
    with running(OpenAIServer(list(answers))) as server:
        yield server
