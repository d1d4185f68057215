from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from langgraph.func import task
from langgraph.graph import START, StateGraph
from pydantic import SecretStr
from typing_extensions import TypedDict

from benchmarks.support.fakes import QueueChat
from graph.calling import json_modes
from graph.planning.author import SCHEMA
from graph.usage import Usage
from tests.support.openai_server import openai_server


class Words(TypedDict):
    said: str


async def test_calls_and_tokens_are_counted_by_stage() -> None:
    chat = QueueChat(answers=lambda messages: "one two three")

    async def plan(state: Words) -> dict[str, Any]:
        await chat.ainvoke("a plan, please")
        return {}

    async def execute(state: Words) -> dict[str, Any]:
        async def body() -> str:
            return (await chat.ainvoke("and a summary")).text

        body.__name__ = "summarization#0"
        return {"said": await task(body)()}

    builder = StateGraph(Words)
    builder.add_sequence([plan, execute])
    builder.add_edge(START, "plan")
    usage = Usage()
    await builder.compile().ainvoke({"said": ""}, {"callbacks": [usage]})
    assert set(usage.stages) == {"plan", "execute"}
    assert usage.stages["execute"]["calls"] == 1
    assert usage.total == {"calls": 2, "input_tokens": chat.prompt_tokens, "output_tokens": 6}


@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize("repeats_role", [True, False])
async def test_tokens_of_a_stream_in_json_mode_are_counted(structured: bool, repeats_role: bool) -> None:
    usage = Usage()
    with openai_server('{"reply": "hello there"}') as server:
        server.repeats_role = repeats_role
        model = ChatOpenAI(model="x", base_url=server.url, api_key=SecretStr("none"), stream_usage=True)
        model.profile = {"structured_output": structured}
        mode = json_modes(model, SCHEMA)[0]
        said = [piece.text async for piece in mode.astream("hello", {"callbacks": [usage]})]
        assert server.asked[0]["response_format"]["type"] == ("json_schema" if structured else "json_object")
    assert "".join(said).strip() == '{"reply": "hello there"}'
    assert usage.total == {"calls": 1, "input_tokens": 100, "output_tokens": 10}


async def test_a_call_that_fails_is_counted_without_tokens() -> None:
    chat, usage = QueueChat(answers=[TimeoutError("slow")]), Usage()
    for _ in range(2):
        try:
            await chat.ainvoke("hello", {"callbacks": [usage]})
        except (TimeoutError, IndexError):
            continue
    assert usage.total == {"calls": 2}
