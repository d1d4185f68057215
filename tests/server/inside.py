"""The application of the routes within the test's own process: every request is raw, and no process has to start."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.server import keys
from app.server.serving import Server, application
from tests.server.process import free_port
from tools.settings import override, overrides, process_settings

ADDRESS = "http://127.0.0.1:8004"


@contextmanager
def serving(folder: Path, **values: object) -> Iterator[TestClient]:
    """The application as `hugginggpt serve` makes it, working in a folder of its own, as this machine sees it."""
    with (
        _set(folder, ADDRESS, values),
        TestClient(
            asyncio.run(_made()), base_url=ADDRESS, client=("127.0.0.1", 5000), raise_server_exceptions=False
        ) as client,
    ):
        yield client


@contextmanager
def listening(folder: Path, **values: object) -> Iterator[str]:
    """The same on a port of its own, for clients that bring their own connections; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with _set(folder, address, values):
        app = asyncio.run(_made())
        config = uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=60)
        server = Server(config, app.state.ending, process_settings().grace)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield address
        finally:
            server.should_exit = True
            thread.join(60)


@contextmanager
def _set(folder: Path, address: str, values: dict[str, object]) -> Iterator[None]:
    before = dict(overrides)
    defaults = {"out": folder / "outputs", "cache_folder": folder / "cache", "llm": "offline", "page": False}
    override(public_url=address, **defaults | values)
    try:
        yield
    finally:
        overrides.clear()
        overrides.update(before)
        process_settings.cache_clear()


async def _made() -> FastAPI:
    """Made within a loop: where none runs, Gradio opens loops of its own and leaves them open."""
    return application()


def as_owner(client: TestClient, key: str) -> TestClient:
    """Another client of the same application, with somebody's key."""
    headers = {"Authorization": f"Bearer {key}"}
    other = TestClient(
        client.app, base_url=ADDRESS, client=("127.0.0.1", 5001), headers=headers, raise_server_exceptions=False
    )
    other.portal = client.portal  # the loop that the application runs in
    return other


def new_key(folder: Path, owner: str) -> str:
    """A key for an owner, in the key file of that folder."""
    return keys.add(folder / "keys.json", owner)
