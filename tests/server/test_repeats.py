"""What is sent twice is run once, and whoever waits long hears that somebody is there."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from starlette.authentication import SimpleUser
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.checkpoints import LazyMemory
from app.data.everything import Everything
from app.data.item import Choice
from app.server.heartbeats import Heartbeats
from app.server.idempotency import Idempotency
from app.server.retention import sweep
from tests.server.inside import as_owner, listening, new_key, serving
from tests.support.openai_server import OpenAIServer, openai_server
from tools.settings import override

ASK: dict[str, Any] = {"model": "hugginggpt", "messages": [{"role": "user", "content": "Hello there"}]}
AGAIN = {"Idempotency-Key": "order-66"}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-owner")
    with openai_server(*[json.dumps({"reply": f"Answer {number}."}) for number in range(9)]) as server:
        yield server


def test_the_same_request_is_run_once_and_another_one_under_its_key_refused(
    tmp_path: Path, model: OpenAIServer
) -> None:
    keys = [new_key(tmp_path, name) for name in ("ann", "bob")]
    options = {"keys": tmp_path / "keys.json", "llm": "openai:small", "base_url": model.url}
    with serving(tmp_path, **options) as client:
        ann, bob = (as_owner(client, key) for key in keys)
        first, second = (ann.post("/v1/chat/completions", json=ASK, headers=AGAIN) for _ in range(2))
        assert (first.status_code, first.json()) == (200, second.json())
        assert ("idempotent-replayed" in first.headers, second.headers["idempotent-replayed"]) == (False, "true")
        assert len(model.asked) == 1
        other = ann.post("/v1/chat/completions", json={**ASK, "user": "x"}, headers=AGAIN)
        assert (other.status_code, other.json()["error"]["type"]) == (422, "invalid_request_error")
        assert ann.post("/hugginggpt", json=ASK, headers=AGAIN).status_code == 422
        assert bob.post("/v1/chat/completions", json=ASK, headers=AGAIN).json() != first.json()
        assert ann.post("/v1/chat/completions", json=ASK).json() != first.json()
        assert len(model.asked) == 3
        streamed = [ann.post("/v1/chat/completions", json={**ASK, "stream": True}, headers={"Idempotency-Key": "s"})]
        streamed += [ann.post("/v1/chat/completions", json={**ASK, "stream": True}, headers={"Idempotency-Key": "s"})]
        assert streamed[0].text == streamed[1].text
        assert streamed[1].text.strip().endswith("data: [DONE]")
        assert ann.post("/tasks", json=ASK, headers={"Idempotency-Key": "x" * 256}).status_code == 422
    with serving(tmp_path, **options) as client:  # the server was started anew
        assert as_owner(client, keys[0]).post("/v1/chat/completions", json=ASK, headers=AGAIN).json() == first.json()
    assert len(model.asked) == 4


def test_openai_s_client_gets_the_answer_that_it_missed(tmp_path: Path, model: OpenAIServer) -> None:
    with (
        listening(tmp_path, llm="openai:small", base_url=model.url) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client,
    ):
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(**ASK, extra_headers=AGAIN, timeout=httpx.Timeout(5, read=0.001))
        said, again = (client.chat.completions.create(**ASK, extra_headers=AGAIN, timeout=30) for _ in range(2))
    assert (said.id, said.choices[0].message.content) == (again.id, "Answer 0.")
    assert len(model.asked) == 1


class Counting:
    """An application that answers when it is told to, and counts how often it was asked."""

    def __init__(self, *statuses: int) -> None:
        self.asked, self.statuses, self.open = 0, list(statuses), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await self.open.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        await JSONResponse({"number": self.asked}, status)(scope, receive, send)


class Caller:
    """A client of one application, which may leave."""

    def __init__(self, app: ASGIApp, path: str = "/tasks", body: bytes = b"{}") -> None:
        self.told: list[Message] = []
        self._first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        headers = [(b"idempotency-key", b"one"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        self.task = asyncio.create_task(app({**scope, "user": SimpleUser("ann")}, self._receive, self._send))  # type: ignore[arg-type]  # a coroutine

    async def answer(self) -> tuple[int, bytes]:
        async with asyncio.timeout(20):
            await self.task
        return self.told[0]["status"], b"".join(message.get("body", b"") for message in self.told)

    async def _receive(self) -> Message:
        if not self._first:
            await asyncio.Event().wait()
        return self._first.pop()

    async def _send(self, message: Message) -> None:
        self.told.append(message)


async def asked(app: Counting) -> None:
    async with asyncio.timeout(20):
        while not app.asked:  # noqa: ASYNC110 - it has nothing to wait for
            await asyncio.sleep(0)


async def test_two_that_ask_at_once_get_one_answer_also_when_the_first_leaves(tmp_path: Path) -> None:
    override(out=tmp_path, cache_folder=tmp_path / "cache")
    app, memory = Counting(), LazyMemory()
    both = Idempotency(app, memory=memory)
    first, second = Caller(both), Caller(both)
    await asked(app)
    first.task.cancel()
    app.open.set()
    assert await second.answer() == await Caller(both).answer() == (200, b'{"number":1}')
    await memory.close()


async def test_two_processes_run_it_once_and_a_failure_can_be_tried_again(tmp_path: Path) -> None:
    override(out=tmp_path, cache_folder=tmp_path / "cache")
    memory, app = LazyMemory(), Counting(503, 429)
    app.open.set()
    processes = [Idempotency(app, memory=memory) for _ in range(2)]
    assert [(await Caller(process).answer())[0] for process in [*processes, processes[0]]] == [503, 429, 200]
    assert await Caller(processes[1]).answer() == (200, b'{"number":3}')
    await memory.close()


async def test_answers_are_their_owner_s_to_delete_and_go_after_a_day(tmp_path: Path) -> None:
    override(out=tmp_path, cache_folder=tmp_path / "cache")
    app, memory = Counting(), LazyMemory()
    app.open.set()
    await Caller(Idempotency(app, memory=memory)).answer()
    kept = Everything(await memory())
    assert [(item.kind, item.owner) for item in await kept.items(Choice("ann"))] == [("answer", "ann")]
    await sweep(kept, keep=0)
    assert len(await kept.items(Choice("ann"))) == 1  # of today
    await kept.delete(Choice("ann"))
    assert await Caller(Idempotency(app, memory=memory)).answer() == (200, b'{"number":2}')
    await memory.close()


# Heartbeats


async def test_whoever_waits_long_gets_spaces_and_then_the_answer() -> None:
    app = Counting()
    caller = Caller(Heartbeats(app, every=0.01), "/v1/chat/completions")
    async with asyncio.timeout(20):
        while len(caller.told) < 4:  # noqa: ASYNC110 - it has nothing to wait for
            await asyncio.sleep(0)
    app.open.set()
    status, body = await caller.answer()
    assert (status, json.loads(body), body[:3]) == (200, {"number": 1}, b"   ")
    assert [message["type"] for message in caller.told].count("http.response.start") == 1


async def test_what_is_quick_or_fails_early_is_as_ever() -> None:
    app = Counting(502)
    app.open.set()
    assert await Caller(Heartbeats(app), "/v1/responses").answer() == (502, b'{"number":1}')


async def test_a_stream_gets_no_spaces() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.sleep(0.05)
        await StreamingResponse(iter(["data: x\n\n"]), media_type="text/event-stream")(scope, receive, send)

    caller = Caller(Heartbeats(app, every=0.001), "/v1/chat/completions", b'{"stream": true}')
    assert await caller.answer() == (200, b"data: x\n\n")


def test_openai_s_client_reads_an_answer_after_spaces() -> None:
    reply = b"   " + json.dumps({"id": "1", "object": "chat.completion", "created": 1, **ASK, "choices": []}).encode()

    def answered(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=reply, headers={"content-type": "application/json"})

    with (
        httpx.Client(transport=httpx.MockTransport(answered)) as http,
        openai.OpenAI(base_url="http://x", api_key="x", http_client=http) as client,
    ):
        assert client.chat.completions.create(**ASK).id == "1"
