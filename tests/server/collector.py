"""A stand-in for LangSmith on loopback: it keeps whatever is sent."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.loopback import running

BATCHES = {
    "use_multipart_endpoint": True,
    "size_limit": 100,
    "size_limit_bytes": 20 * 2**20,
    "scale_up_nthreads_limit": 1,
    "scale_up_qsize_trigger": 1000,
    "scale_down_nempty_trigger": 4,
}


@dataclass
class Collector:
    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    feedback: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, path: str, content_type: str, body: bytes) -> None:
        if "/runs" in path:  # the rest is the server's own accounting with LangSmith
            self.bodies.append(body)
        if path.endswith("/feedback"):
            self.feedback.append(json.loads(body))
        elif path.endswith("/multipart"):
            form: Any = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
            for part in form.get_payload():
                self._part(part)

    def _part(self, part: Any) -> None:  # noqa: ANN401 - an e-mail message
        event, run, *name = part.get_param("name", header="content-disposition").split(".")
        raw = part.get_payload(decode=True)
        raw = gzip.decompress(raw) if part.get("Content-Encoding") == "gzip" else raw
        if event in {"post", "patch"}:
            value = json.loads(raw)
            fields = {name[0]: value} if name else {key: each for key, each in value.items() if each is not None}
            self.runs.setdefault(run, {}).update(fields)
        elif event == "feedback":
            self.feedback.append(json.loads(raw))


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(json.dumps({"batch_ingest_config": BATCHES, "instance_flags": {}}).encode())

        def do_POST(self) -> None:
            body = (
                self.rfile.read(int(self.headers["Content-Length"]))
                if "Content-Length" in self.headers
                else self._chunks()
            )
            if self.headers.get("Content-Encoding") == "zstd":
                raise ValueError("the collector reads no zstd")
            collector.keep(self.path, self.headers["Content-Type"], body)
            self._reply(b"{}")

        def _chunks(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _reply(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        yield collector
