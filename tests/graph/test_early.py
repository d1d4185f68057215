"""Tasks begin while the controller still writes their plan, where nothing can be regretted."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import PrivateAttr

from benchmarks.support.fakes import QueueChat
from benchmarks.support.stubs import Model, StubBackend
from graph import build
from graph.chat_models import register
from graph.context import Context
from graph.state import Task
from tools.protocol import BackendName, Call, Output
from tools.registry import BACKENDS

Stubs = Callable[..., StubBackend]
ONE, TWO, THIRD = (
    '{"summarization": {"text": "one"}}',
    '{"summarization": {"text": "two"}}',
    '{"task": "time-travel", "args": {}}',
)
AFTER_ONE = '{"summarization": {"text": "after <r0>"}}'


def plan(*tasks: str) -> str:
    return f'{{"tasks": [{", ".join(tasks)}]}}'


class Pausing(QueueChat):
    """Stops writing after ``pause`` until it is told to ``go`` on."""

    pause: str = "never"
    _go: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)

    @property
    def go(self) -> asyncio.Event:
        return self._go

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:  # noqa: ANN401
        text = ""
        async for chunk in super()._astream(*args, **kwargs):
            text += chunk.text
            yield chunk
            if self.pause in text:
                await self._go.wait()


class Ran:
    """The texts that the model was given, and those at which it was stopped; some let the controller ``go`` on."""

    def __init__(self, chat: Pausing, *lets: str) -> None:
        self.chat, self.lets, self.texts, self.stopped = chat, lets, list[str](), list[str]()
        self.stop = asyncio.Event()

    async def model(self, call: Call) -> Output:
        text = call.inputs["text"]
        self.texts.append(text)
        if text in self.lets:
            self.chat.go.set()
        if text.startswith("endless"):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.stopped.append(text)
                self.stop.set()
                raise
        return Output(text=text)


async def ask(chat: Pausing, ran: Ran, **options: Any) -> tuple[list[str], list[dict[str, Any]], dict[str, Any]]:  # noqa: ANN401
    """What had run when the plan was finished, all events, and the final state."""
    register("queue", lambda name: chat)
    context = Context(llm="queue:one", **{"select": "rank", "cache": False, **options})
    early, events, final = list[str](), list[dict[str, Any]](), dict[str, Any]()
    given = {"messages": [("user", "Summarize.")]}
    async with asyncio.timeout(60):
        async for mode, part in (
            build()
            .compile(checkpointer=InMemorySaver())
            .astream(
                given,
                {"configurable": {"thread_id": "1"}},
                context=context,
                stream_mode=["custom", "updates", "values"],
            )
        ):
            if mode == "custom":
                events.append(part)
            elif mode == "values":
                final = part
            elif "plan" in part:
                early = [*ran.texts]
    return early, events, final


def texts(final: dict[str, Any]) -> list[tuple[str, str]]:
    return [(result.status, result.text) for result in final["results"]]


async def test_a_task_runs_while_the_plan_is_still_being_written(stubs: Stubs) -> None:
    chat = Pausing(answers=[plan(ONE, TWO), "Done."], pause=ONE)
    ran = Ran(chat, "one")
    stubs(echo=ran.model)
    early, events, final = await ask(chat, ran)
    assert early[0] == "one"
    assert sorted(ran.texts) == ["one", "two"]
    assert texts(final) == [("done", "one"), ("done", "two")]
    told = [event["event"] for event in events if event.get("id") == 0]
    assert told == ["planned", "queued", "started", "finished"]


async def test_so_does_what_depends_on_it(stubs: Stubs) -> None:
    chat = Pausing(answers=[plan(ONE, AFTER_ONE, TWO), "Done."], pause=AFTER_ONE)
    ran = Ran(chat, "after one")
    stubs(echo=ran.model)
    early, _, final = await ask(chat, ran)
    assert early[:2] == ["one", "after one"]
    assert texts(final) == [("done", "one"), ("done", "after one"), ("done", "two")]
    assert len(ran.texts) == 3


async def test_a_mended_plan_keeps_what_it_still_contains_whatever_its_number(stubs: Stubs) -> None:
    chat = Pausing(answers=[plan(ONE, THIRD), plan(TWO, ONE), "Done."], pause=ONE)
    ran = Ran(chat, "one")
    stubs(echo=ran.model)
    _, events, final = await ask(chat, ran)
    assert texts(final) == [("done", "two"), ("done", "one")]
    assert sorted(ran.texts) == ["one", "two"]
    assert [event["text"] for event in events if event["event"] == "finished" and event["id"] == 1] == ["one"]


async def test_a_valid_task_begins_beside_one_that_is_not(stubs: Stubs) -> None:
    chat = Pausing(answers=[plan(THIRD, ONE), plan(TWO, ONE), "Done."], pause=ONE)
    ran = Ran(chat, "one")  # the controller writes on only once it runs
    stubs(echo=ran.model)
    early, _, final = await ask(chat, ran)
    assert early[0] == "one"
    assert texts(final) == [("done", "two"), ("done", "one")]
    assert ran.texts.count("one") == 1


async def test_a_mended_plan_drops_what_it_no_longer_contains(stubs: Stubs) -> None:
    endless = '{"summarization": {"text": "endless"}}'
    chat = Pausing(answers=[plan(endless, THIRD), plan(TWO), "Done."], pause=endless)
    ran = Ran(chat, "endless")
    stubs(echo=ran.model)
    _, events, final = await ask(chat, ran)
    assert texts(final) == [("done", "two")]
    assert ran.stopped == ["endless"]
    assert {event.get("text") for event in events if event["event"] == "finished"} == {"two"}


class Charging(StubBackend):
    """A backend for which somebody charges."""

    name: BackendName = "llm"


@pytest.mark.parametrize(
    ("options", "backend", "models"),
    [
        ({"early": "never"}, StubBackend, ["echo"]),
        ({"approve_plan": "always"}, StubBackend, ["echo"]),
        ({}, Charging, ["echo"]),
        ({"early": "all", "approve_plan": "cost"}, Charging, ["echo"]),
        ({"select": "llm"}, StubBackend, ["echo", "other"]),
    ],
    ids=["not wanted", "to be approved", "not free", "asked about", "not certain"],
)
async def test_what_may_be_regretted_waits_for_the_finished_plan(
    stubs: Stubs, options: dict[str, str], backend: type[StubBackend], models: list[str]
) -> None:
    chat = Pausing(answers=lambda messages: plan(ONE, TWO) if len(chat.calls) == 1 else "{}", per_token=0.005)
    ran = Ran(chat)
    stubs()
    del BACKENDS["embedded"]
    BACKENDS[backend.name] = backend(dict[str, Model].fromkeys(models, ran.model))
    early, _, _ = await ask(chat, ran, **options)
    assert early == []


async def test_what_may_change_something_outside_never_begins_early(stubs: Stubs, outward: list[Task]) -> None:
    async def model(call: Call) -> Output:
        ran.texts.append(call.task.name)
        chat.go.set()
        return Output(text="fine")

    send, read = (json.dumps({task.task: {}}) for task in outward)
    chat = Pausing(answers=[plan(send, read), "Done."], pause=read)
    ran = Ran(chat)
    stubs(echo=model)
    early, _, final = await ask(chat, ran, approve_plan="never", early="all")
    assert early == ["read-mail"]
    assert [result.status for result in final["results"]] == ["done", "done"]


async def test_what_costs_begins_early_where_the_run_allows_it(stubs: Stubs) -> None:
    chat = Pausing(answers=[plan(ONE, TWO), "Done."], pause=ONE)
    ran = Ran(chat, "one")
    stubs()
    del BACKENDS["embedded"]
    BACKENDS["llm"] = Charging({"echo": ran.model})
    early, _, _ = await ask(chat, ran, early="all")
    assert early[0] == "one"


def choosing(*plans: str) -> Callable[[list[BaseMessage]], str]:
    """Plans, and for every task the model ``other``."""
    left = list(plans)

    def answer(messages: list[BaseMessage]) -> str:
        if messages[0].text.startswith("Choose one model"):
            return json.dumps({"choices": [{"task": number, "model": "other"} for number in range(2)]})
        return left.pop(0) if left else "Done."

    return answer


async def test_the_controller_chooses_models_while_it_writes_the_plan(stubs: Stubs) -> None:
    chat = Pausing(answers=choosing(plan(ONE, TWO)), pause=ONE)
    ran = Ran(chat, "one")
    stubs(echo=ran.model, other=ran.model)
    early, _, final = await ask(chat, ran, early="all", select="llm")
    assert early[0] == "one"
    assert [result.choice.model for result in final["results"]] == ["other", "other"]
    assert [job.choices[0].model for job in final["jobs"]] == ["other", "other"]
    asked = [call.messages[-1].text for call in chat.calls if call.messages[0].text.startswith("Choose")]
    assert ["'one'" in each for each in asked] == [True, False]  # each task is chosen for once


async def test_a_choice_that_is_being_made_when_the_plan_is_finished_is_waited_for(stubs: Stubs) -> None:
    chat = Pausing(answers=choosing(plan(ONE)), pause='"choices"')
    ran = Ran(chat)
    stubs(echo=ran.model, other=ran.model)
    register("queue", lambda name: chat)
    context = Context(llm="queue:one", early="all", cache=False)
    async with asyncio.timeout(60):
        async for mode, part in (
            build()
            .compile()
            .astream({"messages": [("user", "Summarize.")]}, context=context, stream_mode=["updates", "values"])
        ):
            if mode == "updates" and "plan" in part:
                chat.go.set()
            final = part
    assert final["results"][0].choice.model == "other"
    assert len(chat.calls) == 3


async def test_a_run_that_is_stopped_takes_along_what_it_began_and_resumes_rightly(stubs: Stubs) -> None:
    endless = '{"summarization": {"text": "endless"}}'
    chat = Pausing(answers=[plan(endless, TWO), plan(ONE, TWO), "Done."], pause=endless)
    ran = Ran(chat, "endless")
    stubs(echo=ran.model)
    register("queue", lambda name: chat)
    graph, thread = build().compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "1"}}
    context = Context(llm="queue:one", select="rank")
    running = asyncio.create_task(graph.ainvoke({"messages": [("user", "Summarize.")]}, thread, context=context))
    async with asyncio.timeout(60):
        await chat.go.wait()
        running.cancel()
        await asyncio.wait([running])
        await ran.stop.wait()
        final = await graph.ainvoke(None, thread, context=context)
    assert texts(final) == [("done", "one"), ("done", "two")]
