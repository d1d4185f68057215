"""OpenAI's own client reads the same answer whether it streams or waits, and no link that nothing made."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from langchain_core.messages import BaseMessage
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionUserMessageParam
from PIL import Image

from app.server.main import create_app
from benchmarks.support.fakes import QueueChat
from benchmarks.support.stubs import StubBackend
from graph.chat_models import register
from tools.protocol import Call, Output
from tools.settings import override, settings

ANSWER = "It is **red**, see ![it](https://evil.example/x.png) or [1].\n\n[1]: https://evil.example/y\n\n- cat.png\n\n"


def answers(messages: list[BaseMessage]) -> str:
    return '{"tasks":[{"image-to-text":{"image":"cat.png"}}]}' if messages[0].text.startswith("Plan") else ANSWER


async def sees(call: Call) -> Output:
    return Output(text="a red square <img src=https://evil.example/z>")


@pytest.fixture
def client(workspace: Path, stubs: Callable[..., StubBackend]) -> AsyncOpenAI:
    stubs(good=sees)
    Image.new("RGB", (32, 32), "red").save(workspace / "cat.png")
    app = create_app(settings().model_copy(update={"page": False}))
    transport = httpx.AsyncClient(transport=httpx.ASGITransport(app))
    return AsyncOpenAI(base_url="http://127.0.0.1/v1", api_key="none", max_retries=0, http_client=transport)


@pytest.mark.parametrize("llm", ["queue:test", "offline"])
async def test_a_stream_says_what_a_whole_answer_says(client: AsyncOpenAI, llm: str) -> None:
    register("queue", lambda _: QueueChat(answers=answers))
    override(llm=llm)
    asked: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "Read cat.png"}]
    async with client:
        whole = (await client.chat.completions.create(model="hugginggpt", messages=asked)).choices[0].message.content
        stream = await client.chat.completions.create(model="hugginggpt", messages=asked, stream=True)
        said = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert whole is not None
    assert said == whole.replace(", from the cache", "") or said.replace(", from the cache", "") == whole
    assert "**How**" in whole
    assert "](https://evil" not in whole
    assert "[1]: https" not in whole
    assert "<img" not in whole.replace("\\<img", "")
