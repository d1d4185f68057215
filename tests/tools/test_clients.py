"""The HTTP clients that a process shares: what goes out, and what becomes of a connection that is lost."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.support.loopback import running
from tools import clients
from tools.clients import shared


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent, and sets a cookie; /cut ends in the middle."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("set-cookie", "whose=ann")
        self.send_header("x-cookie", self.headers.get("cookie", "none"))
        self.send_header("x-target", self.path)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path == "/cut" else body)
        self.close_connection = self.path == "/cut"

    def log_message(self, *_: object) -> None:
        """Nothing: the tests say what went wrong."""


@pytest.fixture
def echo() -> Iterator[str]:
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Echo)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
async def test_a_body_of_any_size_arrives_whole(echo: str, size: int) -> None:
    body = bytes(range(251)) * (size // 251) + b"x" * (size % 251)
    response = await shared(2**24).post(echo, content=body)
    assert response.content == body


async def test_a_cookie_of_one_request_is_not_sent_with_another(echo: str) -> None:
    await shared(2**20).post(echo, content=b"ann's")
    assert (await shared(2**20).post(echo, content=b"bob's")).headers["x-cookie"] == "none"


async def test_an_answer_that_ends_in_the_middle_has_broken_off(echo: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await shared(2**20).post(f"{echo}/cut", content=b"12345678")


async def test_where_nobody_listens_nothing_is_reached() -> None:
    with socket.socket() as bound:  # its port is taken, and nobody listens
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(httpx.ConnectError):
            await shared(2**20).post(f"http://127.0.0.1:{bound.getsockname()[1]}", content=b"")


async def test_requests_go_through_the_proxy_that_the_environment_names(
    echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", echo)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    clients._proxy.cache_clear()
    try:
        response = await shared(2**20).post("http://models.example/x", content=b"hello")
    finally:
        clients._proxy.cache_clear()
    assert response.headers["x-target"] == "http://models.example/x"
