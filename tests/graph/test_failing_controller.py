"""A controller that fails costs a note, or one sentence, as the user chooses; never more, and nothing hangs."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from PIL import Image

from benchmarks.support.fakes import Answer, QueueChat
from benchmarks.support.stubs import StubBackend
from graph import graph
from graph.chat_models import register
from graph.context import Context
from tests.support.openai_server import OpenAIServer, openai_server, piece
from tools.errors import BadOutput, ModelError, ModelTimeout, ModelUnavailable
from tools.protocol import Call, Output
from tools.settings import override

PLAN = '{"tasks":[{"image-to-text":{"image":"cat.png"}}]}'
Stubs = Callable[..., StubBackend]


class ServerError(Exception):
    status_code = 500


async def sees(call: Call) -> Output:
    return Output(text="a red square")


@pytest.fixture
def picture(workspace: Path, stubs: Stubs) -> str:
    stubs(good=sees)
    Image.new("RGB", (32, 32), "red").save(workspace / "cat.png")
    return "cat.png"


async def ask(llm: str, picture: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401  # passed on
    given: Any = {"messages": [HumanMessage("What is written on this sign?")], "resources": [picture]}
    return await graph.ainvoke(given, context=Context(llm=llm, cache=False, **options))


def queue(*answers: Answer) -> QueueChat:
    model = QueueChat(answers=answers)
    register("queue", lambda _: model)
    return model


FAILURES = [
    (ServerError(), "answered with status 500"),
    (TimeoutError(), "did not answer in time"),
    (ConnectionError(), "cannot be reached (ConnectionError)"),
]


@pytest.mark.parametrize(("failure", "reason"), FAILURES)
async def test_the_rules_plan_and_answer_where_the_controller_fails(picture: str, failure: Answer, reason: str) -> None:
    model = queue(failure, failure)  # the second is for the plain text that follows a refused mode
    state = await ask("queue:test", picture)
    assert {result.text for result in state["results"]} == {"a red square"}
    answer = state["messages"][-1].text
    assert "a red square" in answer
    assert reason in answer
    assert "This was planned by rule instead." in answer
    assert len(model.calls) == 1  # for choosing and answering it is not asked again


@pytest.mark.parametrize(("failure", "reason"), FAILURES)
async def test_a_user_may_rather_have_the_failure(picture: str, failure: Answer, reason: str) -> None:
    queue(failure)
    with pytest.raises(ModelError) as caught:
        await ask("queue:test", picture, fallback="none")
    assert reason in str(caught.value)


async def test_the_next_request_asks_the_controller_again(picture: str) -> None:
    model = queue(ServerError(), PLAN, "It is red.")
    await ask("queue:test", picture)
    assert "It is red." in (await ask("queue:test", picture))["messages"][-1].text
    assert len(model.calls) == 3


def endless() -> Iterator[str]:
    yield from repeat(piece(role="assistant", content="word " * 400))


def silent() -> Iterator[str]:
    """Says nothing, for ever, at a pace at which its time is up long before its bytes are."""
    while True:
        yield piece(role="assistant")
        time.sleep(0.01)


def cut() -> Iterator[str]:
    yield piece(role="assistant", content="{")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., OpenAIServer]]:
    """Makes a server the controller's, with the real client in front of it."""
    running = []

    def serve(*answers: Any) -> OpenAIServer:  # noqa: ANN401  # passed on
        context = openai_server(*answers)
        running.append(context)
        server = context.__enter__()
        override(base_url=server.url)
        return server

    yield serve
    for context in running:
        context.__exit__(None, None, None)


@pytest.mark.parametrize(("events", "kind"), [(endless, BadOutput), (silent, ModelTimeout), (cut, BadOutput)])
@pytest.mark.slow
async def test_no_stream_of_the_real_client_outlives_its_bounds(
    picture: str,
    served: Callable[..., OpenAIServer],
    events: Callable[[], Iterator[str]],
    kind: type[ModelError],
) -> None:
    override(llm_timeout=3.0 if events is silent else 300.0)
    served(events)
    with pytest.raises(kind):
        await ask("openai:some-model", picture, fallback="none")


async def test_an_answer_that_breaks_off_goes_on_by_rule(picture: str, served: Callable[..., OpenAIServer]) -> None:
    def half() -> Iterator[str]:
        yield piece(role="assistant", content="It is a square that ")

    served(PLAN, half)
    given: Any = {"messages": [HumanMessage("What is written on this sign?")], "resources": [picture]}
    said, kept = "", ""
    context = Context(llm="openai:some-model", cache=False)
    async for mode, chunk in graph.astream(given, context=context, stream_mode=["messages", "values"]):
        if mode == "values":
            kept = chunk["messages"][-1].text
        elif chunk[1]["langgraph_node"] == "respond":
            said += chunk[0].text
    assert said == kept
    assert kept.startswith("It is a square that \n\na red square\n\nThis answer was composed by rule.")
    assert "broke off in the middle" in kept


async def test_an_answer_that_is_a_bracket_alone_is_no_answer(
    picture: str, served: Callable[..., OpenAIServer]
) -> None:
    served(PLAN, cut)
    answer = (await ask("openai:some-model", picture))["messages"][-1].text
    assert "broke off in the middle" in answer
    assert "a red square" in answer


async def test_a_chunk_without_choices_is_passed_over(picture: str, served: Callable[..., OpenAIServer]) -> None:
    def odd() -> Iterator[str]:
        yield json.dumps({"id": "x", "object": "chat.completion.chunk"})
        yield piece(role="assistant", content=PLAN)
        done = {"index": 0, "delta": {}, "finish_reason": "stop"}
        yield json.dumps({"id": "x", "object": "chat.completion.chunk", "choices": [done]})
        yield "[DONE]"

    served(odd, "It is red.")
    assert "It is red." in (await ask("openai:some-model", picture))["messages"][-1].text


class Eyes:
    """Models of which the one that describes fails; counts what each task type was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, call: Call) -> Output:
        self.asked.append(call.task.name)
        if call.task.name in {"image-to-text", "image-classification"}:
            raise ModelUnavailable("no eyes today")
        return Output(text=f"{call.task.name} of {call.inputs.get('text') or call.inputs.get('question')}")


AGAIN = (
    '{"tasks":[{"visual-question-answering":{"image":"cat.png","question":"What is it?"}},'
    '{"text-generation":{"text":"Rhyme: <r3> and <r1>"}}]}'
)
RHYME = (
    '{"tasks":[{"image-to-text":{"image":"cat.png"}},{"text-generation":{"text":"SECRET"}},'
    '{"text-generation":{"text":"Rhyme: <r0>"}}]}'
)


async def test_a_failed_task_goes_back_to_the_model_once_and_it_plans_the_rest(picture: str, stubs: Stubs) -> None:
    eyes = Eyes()
    stubs(good=eyes)
    model = queue(RHYME, AGAIN, "Here it is.")
    state = await ask("queue:test", picture)
    assert [(result.id, result.status) for result in state["results"]] == [(1, "done"), (3, "done"), (4, "done")]
    assert eyes.asked.count("text-generation") == 2  # what was done is not done again
    assert "visual-question-answering of What is it?" in str(state["results"][2].text)
    told = model.calls[1].messages[-1].text
    assert "Task 0 (image-to-text) failed: no eyes today" in told
    assert "Task 2 (text-generation) was skipped" in told
    assert "SECRET" not in told  # what tools say is never told to the planner
    assert "image-to-text (task 0) failed (no eyes today), so the rest was planned anew." in (
        state["messages"][-1]
        .text.replace("\\", "")
        .replace("image-to-text (task 0) failed", "image-to-text (task 0) failed")
    )


@pytest.mark.parametrize("nothing", ['{"reply": "There is no other way."}', "{", ServerError()])
async def test_without_another_way_what_is_done_is_told(picture: str, stubs: Stubs, nothing: Answer) -> None:
    stubs(good=Eyes())
    replies = [nothing] * (3 if nothing == "{" else 1)
    queue(RHYME, *replies, "Only this was done.")
    state = await ask("queue:test", picture)
    assert [result.status for result in state["results"]] == ["failed", "done", "skipped"]
    assert "Only this was done." in state["messages"][-1].text


async def test_a_plan_that_fails_again_is_not_planned_a_third_time(picture: str, stubs: Stubs) -> None:
    stubs(good=Eyes())
    model = queue(RHYME, '{"tasks":[{"image-classification":{"image":"cat.png"}}]}', "Sorry.")
    state = await ask("queue:test", picture)
    assert [(result.id, result.status) for result in state["results"]] == [(1, "done"), (3, "failed")]
    assert len(model.calls) == 3


@pytest.mark.parametrize("text", ["half \ud83d of it", "\ud83d\ude00 whole"])
async def test_half_a_character_costs_nothing_wherever_it_comes_from(picture: str, stubs: Stubs, text: str) -> None:
    async def says(call: Call) -> Output:
        return Output(text=text, data={"score": float("nan"), "said": [text]})

    stubs(good=says)
    model = queue(json.dumps({"tasks": [{"text-generation": {"text": text}}]}), f"It says {text} and that is all.")
    given: Any = {"messages": [HumanMessage(f"Repeat {text}")]}
    state = await graph.ainvoke(given, context=Context(llm="queue:test", cache=False))
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert state["results"][0].text == whole
    assert state["results"][0].data == {"score": None, "said": [whole]}
    assert whole in state["messages"][-1].text
    for each in (state["plan"], state["results"][0], *state["messages"]):
        each.model_dump_json().encode()
    assert all("\ud83d" not in message.text for call in model.calls for message in call.messages)
