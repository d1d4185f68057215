"""The application of the routes within the test's own process: every request is raw, and no server has to start."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.server import keys
from app.server.standalone import application
from tools.settings import override, overrides, settings

ADDRESS = "http://127.0.0.1:8004"


@contextmanager
def serving(folder: Path, **values: object) -> Iterator[TestClient]:
    """The application as `hugginggpt serve` makes it, working in a folder of its own, as this machine sees it."""
    before = dict(overrides)
    defaults = {"out": folder / "outputs", "cache_folder": folder / "cache", "llm": "offline", "page": False}
    override(public_url=ADDRESS, **defaults | values)
    try:
        with TestClient(
            asyncio.run(_made()), base_url=ADDRESS, client=("127.0.0.1", 5000), raise_server_exceptions=False
        ) as client:
            yield client
    finally:
        overrides.clear()
        overrides.update(before)
        settings.cache_clear()


async def _made() -> Starlette:
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
