"""A reverse proxy as they are common: it takes a path's beginning off, writes its own Host, says for whom it asks."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

BELOW = "/hub"
HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-length", "accept-encoding"}


def reverse_proxy(backend: str, port: int) -> ThreadingHTTPServer:
    """Serves what the backend has under ``/hub``; whatever else is asked for is not there."""

    class Pass(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            if not self.path.startswith(f"{BELOW}/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            told = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http", "Accept-Encoding": "identity"}
            told["X-Forwarded-Host"] = self.headers["Host"]
            address = backend + self.path.removeprefix(BELOW)
            with httpx.stream(self.command, address, headers=kept | told, content=body, timeout=60) as answer:
                self.send_response(answer.status_code)
                for name, value in answer.headers.multi_items():
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.end_headers()  # its end is the connection's end, as HTTP/1.0 has it
                for piece in answer.iter_raw():
                    self.wfile.write(piece)
                    self.wfile.flush()

        do_GET = do_POST = do_DELETE = do_OPTIONS = _pass  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Pass)
