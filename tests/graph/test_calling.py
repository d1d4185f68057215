"""How controllers are listened to: over shared connections, within limits, for their answer alone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableGenerator

from benchmarks.support.fakes import QueueChat
from graph import calling
from graph.calling import stream, write_json
from graph.chat_models import chat_model
from tests.support.openai_server import openai_server
from tools.errors import BadOutput, ModelTimeout, ModelUnavailable
from tools.settings import override

ASKED = [HumanMessage("Go on.")]


async def endless(_: AsyncIterator[Any]) -> AsyncIterator[AIMessageChunk]:
    """Never makes anyone wait, and never ends."""
    while True:
        yield AIMessageChunk("x" * 1000)


async def test_an_answer_without_end_is_cut_off() -> None:
    with pytest.raises(BadOutput, match="did not stop"):
        async for _ in stream(RunnableGenerator(endless), ASKED, "test", {}):
            pass


async def test_a_fast_stream_does_not_outlive_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "TOTAL", 0.05)
    monkeypatch.setattr(calling, "LONGEST", 10**12)
    with pytest.raises(ModelTimeout):
        async for _ in stream(RunnableGenerator(endless), ASKED, "test", {}):
            pass


async def test_what_a_controller_thinks_is_not_told() -> None:
    model = QueueChat(answers=["<think>They want more, so I go on.</think>\n\nGladly, and on and on."])
    said = [piece.text async for piece in stream(model, ASKED, "test", {})]
    assert "".join(said) == "Gladly, and on and on."


async def test_json_is_asked_for_in_the_body_and_comes_piece_by_piece() -> None:
    heard: list[str] = []
    with openai_server('{"tasks": [ ] }') as server:
        override(base_url=server.url)
        model = chat_model("openai:test")
        assert model is not None
        text = await write_json(model, ASKED, {"title": "plan", "description": "A plan."}, "test", heard.append)
    assert text.split() == ['{"tasks":', "[", "]", "}"]
    assert len(heard) > 3
    assert server.asked[0]["response_format"] == {"type": "json_object"}
    assert server.asked[0]["stream"] is True


async def test_nobody_who_listens_along_hears_what_a_controller_thinks() -> None:
    with openai_server("<think> They want more. </think> Gladly, and on.") as server:
        override(base_url=server.url)
        model = chat_model("openai:test")
        assert model is not None
        said = [piece.text async for piece in model.astream(ASKED)]
    assert "".join(said).split() == ["Gladly,", "and", "on."]


def test_a_controller_may_be_asked_from_one_event_loop_after_the_other() -> None:
    with openai_server("one", "two") as server:
        override(base_url=server.url)
        model = chat_model("openai:test")
        assert model is not None
        assert [asyncio.run(model.ainvoke(ASKED)).text for _ in range(2)] == ["one", "two"]


async def test_a_line_without_end_is_not_waited_for() -> None:
    with openai_server("x" * 2_000_000) as server:
        override(base_url=server.url)
        model = chat_model("openai:test")
        assert model is not None
        with pytest.raises((BadOutput, ModelUnavailable)):
            async for _ in stream(model, ASKED, "test", {}):
                pass
