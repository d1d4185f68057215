from typing import Any

from langgraph.func import task
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from benchmarks.fakes import QueueChat
from graph.usage import Usage


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


async def test_a_call_that_fails_is_counted_without_tokens() -> None:
    chat, usage = QueueChat(answers=[TimeoutError("slow")]), Usage()
    for _ in range(2):
        try:
            await chat.ainvoke("hello", {"callbacks": [usage]})
        except (TimeoutError, IndexError):
            continue
    assert usage.total == {"calls": 2}
