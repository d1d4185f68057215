"""What LangGraph's API answers opens in a chat client that sends no key for a picture."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.server import keys
from app.server.guard import Guard
from app.server.signed_links import SignedLinks
from app.signing import secret
from tools.settings import process_settings

LINK = "https://here.example/artifacts/a.png"


async def answer(_request: Request) -> Response:
    return PlainTextResponse(f'{{"content": "![ä]({LINK})"}}')


@pytest.mark.parametrize(("path", "signed"), [("/threads/one/state", True), ("/runs/wait", True), ("/tasks", False)])
async def test_links_are_signed_on_their_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, *, signed: bool
) -> None:
    file = tmp_path / "keys.json"
    ann = keys.add(file, "ann")
    monkeypatch.setenv("HUGGINGGPT_KEYS", str(file))
    monkeypatch.setenv("HUGGINGGPT_PUBLIC_URL", "https://here.example")
    process_settings.cache_clear()
    guard = Middleware(Guard, keys=keys.load(file), origins=[])
    app = Starlette(routes=[Route(path, answer)], middleware=[guard, Middleware(SignedLinks)])
    try:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            reply = await client.get(path, headers={"X-Api-Key": ann})
    finally:
        process_settings.cache_clear()
        secret.cache_clear()
    assert "![ä](" in reply.text
    assert (f"{LINK}?owner=ann" in reply.text) is signed
