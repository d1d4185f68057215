import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from benchmarks.support.stubs import StubBackend
from graph.context import Context
from graph.state import Plan, Task
from tests.support.execution import echo, executor, nap, run, state, text
from tools.protocol import Call, Output

Stubs = Callable[..., StubBackend]
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}
ASK = Context(approve_plan=True)
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
    assert asked["action_requests"][0]["args"]["tasks"] == [task.model_dump() for task in PLAN]
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
    assert (await waiting.begin("learnt"))["estimate"] == {"seconds": 0.6, "unknown": 0, "billed_calls": 0}


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
