"""A server that stops gives requests its grace, and tells those that need longer: none is cut off."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from app.server.ending import STOPPED
from benchmarks.support.stubs import StubBackend
from tests.server.inside import listening
from tests.server.test_turns_by_owner import ACCEPT, WAYS
from tools.protocol import Call, Output


@pytest.fixture
def began(stubs: Callable[..., StubBackend]) -> threading.Event:
    """Set once a model was called, which never ends."""
    called = threading.Event()

    async def hang(_: Call) -> Output:
        called.set()
        await asyncio.Event().wait()
        raise AssertionError

    stubs(hang=hang)
    return called


def stopped_meanwhile(folder: Path, began: threading.Event, ask: Callable[[str], Any]) -> Any:  # noqa: ANN401 - any client's answer
    """What a client gets whose request is under way when the server stops."""
    with ThreadPoolExecutor(1) as pool:
        with listening(folder, grace=0.1) as url:
            asked = pool.submit(ask, url)
            assert began.wait(60)
        return asked.result(60)


@pytest.mark.parametrize("way", WAYS)
def test_whoever_waits_longer_than_the_grace_is_told(tmp_path: Path, began: threading.Event, way: str) -> None:
    path, body = WAYS[way]
    reply: httpx.Response = stopped_meanwhile(
        tmp_path, began, lambda url: httpx.post(url + path, json=body, headers=ACCEPT, timeout=60)
    )
    if reply.headers["content-type"].startswith("text/event-stream"):
        events = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: ")]
        told = next(json.loads(event) for event in reversed(events) if event != "[DONE]")
        assert told.get("error", told)["message"] == STOPPED
    else:
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
        assert STOPPED in reply.text


def test_openai_s_client_raises_its_own_error(tmp_path: Path, began: threading.Event) -> None:
    def ask(url: str) -> str:
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)
        body: Any = WAYS["OpenAI's, streamed"][1]
        with pytest.raises(openai.APIError) as failed:
            list(client.chat.completions.create(**body))
        return failed.value.message

    assert stopped_meanwhile(tmp_path, began, ask) == STOPPED
