import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from benchmarks.support.stubs import StubBackend
from graph import build
from graph.context import Context
from graph.executor import execute
from graph.selector import select
from graph.state import Approval, Plan, State, Task
from tests.support import ROOT
from tests.support.execution import TEXT, echo, executor, nap, run, state, text
from tools.errors import ModelError
from tools.protocol import Call, Output
from tools.settings import settings

Stubs = Callable[..., StubBackend]
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}
ASK = Context(approve_plan="always")
PLAN = [text(0, "a cat"), text(1, "<resource-0> in oil", 0)]


class Waiting:
    """A run that waits for approval, and what came of the answers."""

    def __init__(self) -> None:
        self.graph = executor(InMemorySaver())

    async def begin(self, model: str = "echo") -> dict[str, Any]:
        final = await self.graph.ainvoke(state(PLAN, model), THREAD, context=ASK)
        return dict(final["__interrupt__"][0].value)

    async def answer(self, type_: str, **more: object) -> dict[str, Any]:
        resume = {"decisions": [{"type": type_, **more}]}
        return dict(await self.graph.ainvoke(Command(resume=resume), THREAD, context=ASK))


def edit(tasks: object) -> dict[str, Any]:
    return {"edited_action": {"name": "run_plan", "args": {"tasks": tasks}}}


async def test_nothing_runs_before_somebody_approves(stubs: Stubs) -> None:
    ran: list[str] = []

    async def model(call: Call) -> Output:
        ran.append(call.inputs["text"])
        return await echo(call)

    stubs(novel=model)
    waiting = Waiting()
    asked = await waiting.begin("novel")
    assert not ran
    assert asked["action_requests"][0]["args"]["tasks"] == [{**task.model_dump(), "model": "novel"} for task in PLAN]
    assert "1. text2text-generation with novel (embedded), after 0" in asked["action_requests"][0]["description"]
    assert asked["review_configs"][0]["allowed_decisions"] == ["approve", "edit", "reject"]
    assert asked["estimate"] == {"seconds": 2.0, "unknown": 2, "billed_calls": 0}
    final = await waiting.answer("approve")
    assert [result.text for result in final["results"]] == ["a cat", "a cat in oil"]


async def test_a_rejected_plan_runs_nothing_and_says_so(stubs: Stubs) -> None:
    stubs(echo=echo)
    waiting = Waiting()
    await waiting.begin()
    final = await waiting.answer("reject", message="too dear")
    assert [result.status for result in final["results"]] == ["cancelled", "cancelled"]
    assert final["messages"][-1].text == "Nothing was run. The plan was rejected: too dear"


async def test_an_edited_plan_is_selected_for_again_and_runs_without_another_question(stubs: Stubs) -> None:
    stubs(echo=echo)
    waiting = Waiting()
    await waiting.begin()
    final = await waiting.answer("edit", **edit([text(0, "a dog").model_dump()]))
    assert "__interrupt__" not in final
    assert final["plan"] == Plan(tasks=[text(0, "a dog")])


async def test_an_edit_sent_as_json_text_is_read(stubs: Stubs) -> None:
    stubs(echo=echo)
    waiting = Waiting()
    await waiting.begin()
    final = await waiting.answer("edit", **edit(f"[{text(0, 'a dog').model_dump_json()}]"))
    assert final["plan"] == Plan(tasks=[text(0, "a dog")])


async def test_an_answer_that_makes_no_sense_is_asked_for_again(stubs: Stubs) -> None:
    stubs(echo=echo)
    waiting = Waiting()
    await waiting.begin()
    for nonsense in (edit("[{"), edit([]), edit([Task(task="telepathy", id=0).model_dump()])):
        again = await waiting.answer("edit", **nonsense)
        assert again["__interrupt__"]
    about = again["__interrupt__"][0].value["action_requests"][0]["description"]
    assert "telepathy" in about.splitlines()[0]
    assert (await waiting.answer("approve"))["results"][0].status == "done"


async def test_an_approval_holds_for_one_request_only(stubs: Stubs) -> None:
    stubs(echo=echo)
    waiting = Waiting()
    await waiting.begin()
    await waiting.answer("edit", **edit([task.model_dump() for task in PLAN]))
    assert (await waiting.begin())["action_requests"][0]["name"] == "run_plan"


async def test_the_estimate_learns_from_what_ran(stubs: Stubs) -> None:
    stubs(learnt=nap)
    waiting = Waiting()
    await run([text(0, "0.3")], "learnt")
    estimate = (await waiting.begin("learnt"))["estimate"]
    assert 0.6 <= estimate.pop("seconds") < 2  # twice what it took; it would be 2 had nothing been learnt
    assert estimate == {"unknown": 0, "billed_calls": 0}


EARLIER = """
import asyncio
from benchmarks.support.stubs import StubBackend
from tests.support.execution import nap, run, text
from tools.registry import BACKENDS
BACKENDS["embedded"] = StubBackend({"known": nap})
asyncio.run(run([text(0, "0.8")], "known"))
"""


@pytest.mark.slow
async def test_what_an_earlier_process_learned_is_read_before_it_is_added_to(stubs: Stubs) -> None:
    earlier = {**os.environ, "HUGGINGGPT_CACHE_FOLDER": str(settings().cache_folder)}
    command = [sys.executable, "-c", EARLIER]
    subprocess.run(command, env=earlier, cwd=ROOT, check=True, timeout=120)  # noqa: ASYNC221, S603 - nobody else waits
    stubs(known=nap)
    await run([text(0, "0")], "known")
    estimate = (await Waiting().begin("known"))["estimate"]["seconds"]
    assert estimate == pytest.approx(2 * 0.7 * 0.8, abs=0.35)  # were it overwritten: next to nothing


async def test_a_run_stopped_after_its_approval_is_not_asked_about_again(stubs: Stubs) -> None:
    resumed = asyncio.Event()

    async def hanging(call: Call) -> Output:
        if call.inputs["text"] != "a cat":
            await resumed.wait()
        return await echo(call)

    stubs(echo=hanging)
    waiting = Waiting()
    await waiting.begin()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting.answer("approve"), 0.3)
    resumed.set()
    final = await waiting.graph.ainvoke(None, THREAD, context=ASK)
    assert [result.text for result in final["results"]] == ["a cat", "a cat in oil"]


def conversation() -> CompiledStateGraph[Any, Context, Any, Any]:
    return build().compile(checkpointer=InMemorySaver())


def say(words: str) -> dict[str, Any]:
    return {"messages": [("user", words)]}


def answer(type_: str, **more: object) -> Command[Any]:
    return Command(resume={"decisions": [{"type": type_, **more}]})


@pytest.mark.parametrize(("decision", "ends"), [("approve", ["done"]), ("reject", ["cancelled"])])
async def test_what_is_asked_holds_for_a_client_that_does_not_repeat_the_options(
    stubs: Stubs, decision: str, ends: list[str]
) -> None:
    stubs(echo=echo)
    graph = conversation()
    await graph.ainvoke(say('Summarize "a story"'), THREAD, context=Context(llm="offline", approve_plan="always"))
    again = await graph.ainvoke(None, THREAD)  # going on is no approval
    assert again["__interrupt__"]
    final = await graph.ainvoke(answer(decision), THREAD)
    assert [result.status for result in final["results"]] == ends


async def test_an_approval_is_forgotten_with_its_request(stubs: Stubs) -> None:
    stubs(echo=echo)
    graph, context = conversation(), Context(llm="offline", approve_plan="always")
    asked = await graph.ainvoke(say('Summarize "a story"'), THREAD, context=context)
    tasks = asked["__interrupt__"][0].value["action_requests"][0]["args"]["tasks"]
    tasks[0]["args"] = {"text": "another story"}
    await graph.ainvoke(answer("edit", **edit(tasks)), THREAD, context=context)
    for _ in range(2):
        assert (await graph.ainvoke(say('Summarize "another story"'), THREAD, context=context))["__interrupt__"]


@pytest.mark.parametrize(
    ("level", "backend", "asked"),
    [
        ("effects", "embedded", [0]),
        ("effects", "llm", [0]),
        ("cost", "embedded", [0]),
        ("cost", "llm", [0, 1]),
        ("always", "embedded", [0, 1]),
    ],
)
async def test_who_is_asked_about_what(
    stubs: Stubs, outward: list[Task], level: Approval, backend: str, asked: list[int]
) -> None:
    stubs(echo=echo)
    given = state(outward)
    given["jobs"] = [
        job.model_copy(update={"choices": [each.model_copy(update={"backend": backend}) for each in job.choices]})
        for job in given["jobs"]
    ]
    final = await executor(InMemorySaver()).ainvoke(given, THREAD, context=Context(approve_plan=level))
    assert final["__interrupt__"][0].value["asked"] == asked


async def test_where_nobody_is_to_be_asked_or_nothing_is_risky_it_runs(stubs: Stubs, outward: list[Task]) -> None:
    async def fine(call: Call) -> Output:
        return Output(text="fine")

    stubs(echo=fine)
    for tasks, level in ((outward, "never"), (outward[1:], "effects"), ([text(0, "a cat")], "cost")):
        final = await executor(InMemorySaver()).ainvoke(state(tasks), THREAD, context=Context(approve_plan=level))
        assert {result.status for result in final["results"]} == {"done"}


async def test_where_nobody_can_be_asked_nothing_with_effects_outside_runs(stubs: Stubs, outward: list[Task]) -> None:
    stubs(echo=echo)
    final = await executor().ainvoke(state(outward))
    assert {result.status for result in final["results"]} == {"cancelled"}
    assert "A person must be asked about send-mail first" in final["messages"][-1].text


async def test_an_approval_may_change_the_model_of_a_task(stubs: Stubs) -> None:
    stubs(first=echo, second=echo)
    graph, context = conversation(), Context(llm="offline", approve_plan="always")
    asked = await graph.ainvoke(say('Summarize "a story"'), THREAD, context=context)
    tasks = asked["__interrupt__"][0].value["action_requests"][0]["args"]["tasks"]
    assert tasks[0]["model"] == "first"
    tasks[0]["model"] = "third"
    asked = await graph.ainvoke(answer("edit", **edit(tasks)), THREAD)
    about = asked["__interrupt__"][0].value["action_requests"][0]["description"]
    assert "third cannot do task 0 (summarization) here; first, second can." in about
    tasks[0]["model"] = "second"
    final = await graph.ainvoke(answer("edit", **edit(tasks)), THREAD)
    assert final["results"][0].choice.model == "second"


class Replanned:
    """A run whose second task failed, was planned differently, and now waits for a person's word about that."""

    def __init__(self, stubs: Stubs) -> None:
        builder = StateGraph(State, context_schema=Context)
        builder.add_node("plan", lambda state: {})
        for node in (select, execute):
            builder.add_node(node.__name__, node)
        builder.add_node("respond", lambda state: {})
        builder.add_edge(START, "select")
        builder.add_edge("select", "execute")
        self.graph, self.ran = builder.compile(checkpointer=InMemorySaver()), list[str]()
        stubs(echo=self.model)

    async def model(self, call: Call) -> Output:
        self.ran.append(call.task.name)
        if call.task.name == "summarization":
            raise ModelError("too long")
        return await echo(call)

    async def asked(self) -> list[dict[str, Any]]:
        """The tasks of the second plan, as they are shown."""
        tasks = [text(0, "a story"), Task(task="summarization", id=1, dep=[0], args={"text": "<resource-0>"})]
        await self.graph.ainvoke({"messages": [], "plan": Plan(tasks=tasks)}, THREAD, context=ASK)
        asked = await self.graph.ainvoke(answer("approve"), THREAD, context=ASK)
        return list(asked["__interrupt__"][0].value["action_requests"][0]["args"]["tasks"])


async def test_an_edit_after_a_replan_keeps_only_what_it_leaves_as_it_was(stubs: Stubs) -> None:
    for change, ran in (("a story", []), ("a tale", [TEXT])):
        run = Replanned(stubs)
        tasks = await run.asked()
        tasks[0]["args"] = {"text": change}
        tasks[1]["args"] = {"text": "Say it shortly: <resource-0>"}
        run.ran.clear()
        final = await run.graph.ainvoke(answer("edit", **edit(tasks)), THREAD, context=ASK)
        assert run.ran == [*ran, "text-generation"]
        assert [result.text for result in final["results"]] == [change, f"Say it shortly: {change}"]


async def test_a_rejection_after_a_replan_keeps_what_was_done(stubs: Stubs) -> None:
    run = Replanned(stubs)
    await run.asked()
    final = await run.graph.ainvoke(answer("reject", message="enough"), THREAD, context=ASK)
    assert [(result.status, result.text) for result in final["results"]] == [("done", "a story"), ("cancelled", None)]
    assert final["results"][1].error == "The plan was rejected: enough"
    assert not any("Nothing was run" in message.text for message in final["messages"])
