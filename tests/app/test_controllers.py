"""Model servers of this machine are found by asking them, and only those count that answer as such."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.controllers import LocalServer, local_servers
from app.page.found import unused_servers
from app.page.words import Say
from tests.support.loopback import running
from tools.settings import override


@pytest.mark.parametrize(
    ("status", "answer", "models"),
    [
        (200, {"data": [{"id": "qwen3:4b"}, {"id": "gemma3"}]}, ("qwen3:4b", "gemma3")),
        (200, {"data": []}, None),
        (200, ["something else"], None),
        (404, {"data": [{"id": "x"}]}, None),
    ],
)
def test_a_server_is_offered_with_its_models_or_not_at_all(
    status: int, answer: object, models: tuple[str, ...] | None
) -> None:
    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/v1/models" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Server)) as listener:
        url = f"http://127.0.0.1:{listener.server_port}/v1"
        assert local_servers({"Ollama": url}) == ([LocalServer("Ollama", url, models)] if models else [])


def test_the_page_tells_what_was_found_and_how_to_use_it_and_is_silent_else() -> None:
    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"data": [{"id": "gemma3"}]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Server)) as listener:
        url = f"http://127.0.0.1:{listener.server_port}/v1"
        told = unused_servers(Say("de"), {"Ollama": url})
        override(base_url=url)
        assert unused_servers(Say("en"), {"Ollama": url}) == ""
    assert told.startswith("Auf diesem Rechner, und nicht benutzt: Ollama (gemma3).")
    assert told.endswith(f"`HUGGINGGPT_LLM=openai:gemma3 HUGGINGGPT_BASE_URL={url}`")
    assert unused_servers(Say("en"), {"Ollama": url}) == ""


def test_the_options_are_those_of_the_command_line() -> None:
    server = LocalServer("Ollama", "http://127.0.0.1:11434/v1", ("gemma3",))
    assert server.options == "--llm openai:gemma3 --base-url http://127.0.0.1:11434/v1"
