"""One process on SQLite: our own routes, and a plain word about where the rest is."""

from pathlib import Path

import httpx

from tests.server.process import start

ASKED = {"messages": [{"role": "user", "content": 'Summarize "0 s"'}]}


def test_without_a_database_our_own_routes_answer_and_langgraph_s_are_not_imitated(tmp_path: Path) -> None:
    server = start(["benchmarks.support.waiting"], tmp_path, "/health")
    try:
        assert "`make serve`" in server.log
        assert "HUGGINGGPT_DATABASE" in server.log
        with httpx.Client(base_url=server.url, timeout=60) as http:
            assert "waited: 0 s" in http.post("/hugginggpt", json=ASKED).json()["message"]
            for path in ("/threads", "/threads/search", "/runs/wait", "/assistants/search", "/store/items/search"):
                assert http.post(path, json={}).status_code == 404
    finally:
        assert server.stop() in {0, -15}


def test_an_open_address_is_refused_without_keys_and_a_queue_without_a_database(tmp_path: Path) -> None:
    refused = {
        "HUGGINGGPT_KEYS": start_fails(tmp_path / "open", "--host", "0.0.0.0"),  # noqa: S104 - what must be refused
        "HUGGINGGPT_DATABASE": start_fails(tmp_path / "queue", HUGGINGGPT_REDIS="redis://127.0.0.1:1/0"),
    }
    for named, told in refused.items():
        assert named in told
        assert "Traceback" not in told


def start_fails(folder: Path, *options: str, **env: str) -> str:
    """What the server says that does not start."""
    try:
        start(["app.cli.main", "serve", *options], folder, "/health", **env).stop()
    except RuntimeError as error:
        return str(error)
    raise AssertionError("The server started.")
