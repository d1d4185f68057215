"""Who asked for what, when, and how it ended: never what was said. For Prometheus, and as lines of JSON in a file."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.measures import register

ROOTS = {"threads", "runs", "assistants", "store", "v1", "mcp", "app", "artifacts", "uploads", "feedback", "health"}
ROOTS |= {"hugginggpt", "tasks", "results", "data", "signin", "signout", "ok", "info", "metrics"}


class Counted:
    """What is counted of the requests of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        all_, names = self.registry, ("method", "route", "status")
        self.requests = Counter("hugginggpt_requests", "Requests that have ended", names, registry=all_)
        self.seconds = Histogram("hugginggpt_request_seconds", "Time to an answer's end", ("route",), registry=all_)
        register(self.registry)
        self.running = Gauge("hugginggpt_requests_running", "Requests being worked on", registry=all_)

    async def metrics(self, _request: Request) -> Response:
        """``GET /metrics``, as Prometheus reads it."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class Watch:
    """ASGI middleware outside of the guard, so that what it refuses is seen, too. ``log`` gets a line a request."""

    def __init__(self, app: ASGIApp, *, counted: Counted, log: logging.Logger | None = None) -> None:
        self.app, self.counted, self.log = app, counted, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, begun = 499, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.counted.running.inc()
        try:
            await self.app(scope, receive, noted)
        finally:
            self.counted.running.dec()
            self._note(scope, status, time.perf_counter() - begun)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        root = scope["path"].split("/")[1] if scope["path"].startswith("/") else ""
        route = f"/{root}" if root in ROOTS else "other"
        self.counted.requests.labels(scope["method"], route, str(status)).inc()
        self.counted.seconds.labels(route).observe(seconds)
        if self.log:
            user = scope.get("user")
            self.log.info(
                {
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "client": (scope.get("client") or [None])[0],
                    "owner": user and user.display_name,
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "seconds": round(seconds, 4),
                }
            )


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(record.msg, ensure_ascii=False)


@contextmanager
def writing(file: Path | None, log: logging.Logger) -> Iterator[None]:
    """Write the log to the file as long as the server runs, in a thread of its own."""
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    target = logging.FileHandler(file, encoding="utf-8")
    target.setFormatter(_Line())
    queue: SimpleQueue[Any] = SimpleQueue()
    handler, listener = _Whole(queue), QueueListener(queue, target)
    log.addHandler(handler)
    listener.start()
    try:
        yield
    finally:
        log.removeHandler(handler)
        listener.stop()
        target.close()


class _Whole(QueueHandler):
    """Hands records on as they are."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


def access_log() -> logging.Logger:
    """A log of one application's own, which goes to no other."""
    log = logging.Logger("hugginggpt.access", logging.INFO)
    log.propagate = False
    return log
