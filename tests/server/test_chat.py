"""OpenAI's chat API, through OpenAI's own client."""

import asyncio
import base64
import re
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam

from tests.server.process import Guarded, Server
from tests.support import ROOT

NOTICE = base64.b64encode((ROOT / "examples" / "notice.png").read_bytes()).decode()
SLOTS = 8  # of the stub's device
READ: ChatCompletionUserMessageParam = {
    "role": "user",
    "content": [
        {"type": "text", "text": "Read the text in this picture."},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{NOTICE}"}},
    ],
}


@pytest.fixture(scope="module")
def client(dev: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=dev.url + "/v1", api_key="none", max_retries=0) as opened:
        yield opened


def test_the_graph_is_the_one_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["hugginggpt"]


def test_a_picture_goes_in_and_the_answer_comes_out(client: openai.OpenAI) -> None:
    made = client.chat.completions.create(model="hugginggpt", messages=[READ])
    assert "Welcome to our garden" in str(made.choices[0].message.content)
    assert made.choices[0].finish_reason == "stop"
    assert made.usage is not None


def test_the_answer_can_be_streamed(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="hugginggpt", messages=[READ], stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    words = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "Welcome to our garden" in words
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert len({chunk.id for chunk in chunks}) == 1


def test_an_earlier_picture_of_the_conversation_counts(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(
        model="hugginggpt",
        messages=[
            READ,
            {"role": "assistant", "content": "Done."},
            {"role": "user", "content": "Show me its outlines."},
        ],
    )
    assert re.search(r"/artifacts/[\w-]*edges\.png", str(said.choices[0].message.content))


def test_every_refusal_has_openai_s_shape(client: openai.OpenAI, dev: Server) -> None:
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-9'") as missing:
        client.chat.completions.create(model="gpt-9", messages=[READ])
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="n: "):
        client.chat.completions.create(model="hugginggpt", messages=[READ], n=2)
    with pytest.raises(openai.BadRequestError, match="messages"):
        client.chat.completions.create(model="hugginggpt", messages=[])
    reply = httpx.post(dev.url + "/v1/chat/completions", content=b"{", headers={"Content-Type": "application/json"})
    assert reply.status_code == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1:1/x.png", "data:image/png;base64,!!!", "/etc/passwd"]
)
def test_a_picture_that_may_not_be_read_is_refused_in_the_answer(client: openai.OpenAI, url: str) -> None:
    content: Any = [{"type": "text", "text": "Read it."}, {"type": "image_url", "image_url": {"url": url}}]
    made = client.chat.completions.create(model="hugginggpt", messages=[{"role": "user", "content": content}])
    answer = str(made.choices[0].message.content)
    assert answer
    assert "root:" not in answer


def test_a_key_is_checked(guarded: Guarded) -> None:
    base = guarded.server.url + "/v1"
    with openai.OpenAI(base_url=base, api_key=guarded.ann, max_retries=0) as ann:
        assert ann.models.list().data
    with (
        openai.OpenAI(base_url=base, api_key="wrong", max_retries=0) as nobody,
        pytest.raises(openai.AuthenticationError),
    ):
        nobody.models.list()


async def test_a_client_that_leaves_takes_its_work_along(waiting: Server) -> None:
    body = {"model": "hugginggpt", "messages": [{"role": "user", "content": 'Summarize "1000 s"'}]}
    async with httpx.AsyncClient(base_url=waiting.url) as client:
        for route, stream in (("/v1/chat/completions", False), ("/v1/chat/completions", True), ("/hugginggpt", False)):
            sent = body | {"stream": stream} if "v1" in route else {"messages": body["messages"]}
            leaving = [client.post(route, json=sent, timeout=1) for _ in range(SLOTS)]
            left = await asyncio.gather(*leaving, return_exceptions=True)
            assert all(isinstance(each, httpx.ReadTimeout) for each in left)
            assert await _has_room(client)


async def test_a_hundred_idle_streams_hold_nobody_up(waiting: Server) -> None:
    body = {"model": "hugginggpt", "stream": True, "messages": [{"role": "user", "content": 'Summarize "1000 s"'}]}
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=waiting.url, limits=limits, timeout=60) as client:
        idle = [
            await client.send(client.build_request("POST", "/v1/chat/completions", json=body), stream=True)
            for _ in range(100)
        ]
        assert (await client.get("/v1/models")).status_code == 200
        for stream in idle:
            await stream.aclose()
        assert await _has_room(client)


async def _has_room(client: httpx.AsyncClient) -> bool:
    """Whether a request is run: not while those of clients that have left hold every slot of the stub's device."""
    quick = {"messages": [{"role": "user", "content": 'Summarize "0 s"'}]}
    return (await client.post("/hugginggpt", json=quick, timeout=60)).status_code == 200
