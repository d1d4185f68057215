"""How controllers are listened to: over shared connections, within limits, for their answer alone."""

import asyncio

import pytest
from langchain_core.messages import HumanMessage

from graph.calling import stream, write_json
from graph.chat_models import chat_model
from tests.support.openai_server import openai_server
from tools.errors import BadOutput, ModelUnavailable
from tools.settings import override

ASKED = [HumanMessage("Go on.")]


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
