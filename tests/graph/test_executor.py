import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import pytest
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langchain_core.tracers.schemas import Run
from langgraph.graph import START, StateGraph

from benchmarks.support.stubs import Model, StubBackend
from graph.context import Context
from graph.executor import execute
from graph.selector import select
from graph.state import Choice, Plan, State, Task
from tests.support.execution import TEXT, echo, events, executor, run, state, text
from tools import progress
from tools.errors import ModelError, ModelLoading, OutOfMemory, ResourceError
from tools.protocol import Call, Output
from tools.registry import BACKENDS
from tools.settings import override

Stubs = Callable[..., StubBackend]


async def test_a_task_gets_what_its_dependencies_made(stubs: Stubs) -> None:
    stubs(echo=echo)
    results = await run([text(0, "cat"), text(1, "an oil painting of <resource-0>", 0)])
    assert results[1].text == "an oil painting of cat"
    assert results[1].status == "done"
    assert results[1].choice == Choice(model="echo", backend="embedded", revision="1", device="stub")


async def test_a_failed_task_skips_its_dependents_and_nothing_else(stubs: Stubs) -> None:
    async def moody(call: Call) -> Output:
        if call.inputs["text"] == "bad":
            raise ModelError("no, thank you")
        return await echo(call)

    stubs(echo=moody)
    results = await run([text(0, "bad"), text(1, "<resource-0>", 0), text(2, "<resource-1>", 1), text(3, "good")])
    assert [results[each].status for each in range(4)] == ["failed", "skipped", "skipped", "done"]
    assert results[0].error == "no, thank you"
    assert results[1].error == f"It needed task 0 ({TEXT}), which failed."
    assert results[2].error == f"It needed task 1 ({TEXT}), which was skipped."


async def test_a_task_starts_the_moment_its_own_dependencies_are_done(stubs: Stubs) -> None:
    begun = asyncio.Event()

    async def meet(call: Call) -> Output:
        """Task 2 ends only once task 1 has begun: in waves, task 1 would wait for it."""
        if call.inputs["text"] == "begin after":
            begun.set()
        elif call.inputs["text"] == "wait":
            await begun.wait()
        return Output(text="after")

    stubs(meet=meet)
    async with asyncio.timeout(60):
        results = await run([text(0, "first"), text(1, "begin <resource-0>", 0), text(2, "wait")], "meet")
    assert {result.status for result in results.values()} == {"done"}


async def test_a_dependency_that_slipped_through_validation_is_never_waited_for(
    stubs: Stubs,
) -> None:
    stubs(echo=echo)
    results = await run([text(0, "a", 1), text(1, "b", 0), text(2, "c", 7), text(3, "d")])
    assert [results[each].status for each in range(4)] == ["skipped", "skipped", "skipped", "done"]
    assert results[2].error == "It needed task 7, which does not come before it in the plan."


async def test_a_transient_error_is_tried_again_and_any_other_moves_on(stubs: Stubs) -> None:
    calls: list[str] = []

    async def loading(call: Call) -> Output:
        calls.append("loading")
        if len(calls) == 1:
            raise ModelLoading("not yet", retry_after=0.01)
        raise OutOfMemory("too large")

    stubs(loading=loading, echo=echo)
    seen = [event async for event in events([text(0, "hello")], "loading", "echo")]
    assert calls == ["loading", "loading"]
    assert [event["event"] for event in seen] == [
        "queued", "started", "retry", "started", "fallback", "started", "finished",
    ]  # fmt: skip
    assert [event["model"] for event in seen[1:]] == ["loading"] * 3 + ["echo"] * 3
    results = await run([text(0, "hello")], "loading", "echo")
    assert results[0].attempts == 2
    assert results[0].choice
    assert results[0].choice.model == "echo"


async def test_a_model_that_hangs_is_left_behind(stubs: Stubs) -> None:
    released, ended = asyncio.Event(), asyncio.Event()

    async def stubborn(call: Call) -> Output:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1000)
        await released.wait()
        ended.set()
        return Output(text="late")

    stubs(stubborn=stubborn, echo=echo)
    async with asyncio.timeout(60):
        results = await run([text(0, "hello")], "stubborn", "echo", task_timeout=0.1)
        assert results[0].text == "hello"
        assert not ended.is_set()
        released.set()
        await ended.wait()


async def test_an_input_that_cannot_be_used_is_not_tried_on_other_models(stubs: Stubs) -> None:
    async def picky(call: Call) -> Output:
        raise ResourceError("The picture is damaged; give another.")

    stubs(picky=picky, echo=echo)
    results = await run([text(0, "hello")], "picky", "echo")
    assert (results[0].status, results[0].error) == ("failed", "The picture is damaged; give another.")


async def test_a_crash_inside_a_model_is_a_failure_of_that_model(
    stubs: Stubs, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(call: Call) -> Output:
        raise RuntimeError("tensor of the wrong shape")

    stubs(broken=broken)
    results = await run([text(0, "hello")], "broken")
    assert results[0].error == "broken failed: RuntimeError: tensor of the wrong shape"
    assert "Traceback" in caplog.text


@pytest.mark.slow
async def test_five_hundred_tasks_run(stubs: Stubs) -> None:
    stubs(echo=echo)
    plan = [text(each, f"{each}", *([each - 1] if each % 10 else [])) for each in range(500)]
    results = await run(plan)
    assert all(results[each].text == str(each) for each in range(500))


async def test_a_trace_names_tasks_and_tells_where_they_ran(stubs: Stubs) -> None:
    stubs(echo=echo)
    collector = RunCollectorCallbackHandler()
    await executor().ainvoke(state([text(3, "hello")]), {"callbacks": [collector]}, context=Context())
    runs = {run.name: run for root in collector.traced_runs for run in descendants(root)}
    assert f"{TEXT}#3" in runs
    told = runs[TEXT].extra["metadata"]
    assert {key: told[key] for key in ("model", "backend", "device")} == {
        "model": "echo", "backend": "embedded", "device": "stub",
    }  # fmt: skip


def descendants(run: Run) -> Iterator[Run]:
    yield run
    for child in run.child_runs:
        yield from descendants(child)


async def test_steps_are_reported_as_they_are_done(stubs: Stubs) -> None:
    async def steady(call: Call) -> Output:
        for step in (1, 2):
            await asyncio.to_thread(progress.report, step, 2)
        return await echo(call)

    stubs(steady=steady)
    seen = [event async for event in events([text(0, "hello")], "steady")]
    assert [(each["step"], each["steps"]) for each in seen if each["event"] == "step"] == [(1, 2), (2, 2)]


async def test_a_model_that_is_busy_lets_others_have_its_slot_while_it_waits(stubs: Stubs) -> None:
    busy = StubBackend({"loading": loading_once(), "echo": echo}, device="narrow")
    BACKENDS["embedded"] = busy
    override(slots={"narrow": 1})
    seen = [event async for event in events([text(0, "first"), text(1, "second")], "loading")]
    override(slots={})
    order = [(each["event"], each["id"]) for each in seen if each["event"] in {"retry", "finished"}]
    assert order == [("retry", 0), ("finished", 1), ("finished", 0)]
    assert next(each["waited"] for each in seen if each["event"] == "started" and each["id"] == 1) >= 0


def loading_once() -> Model:
    calls = count()

    async def model(call: Call) -> Output:
        if next(calls) == 0:
            raise ModelLoading("not yet", retry_after=0.05)
        return await echo(call)

    return model


async def test_what_failed_is_done_in_another_way_once_and_the_rest_is_kept(stubs: Stubs) -> None:
    ran: list[str] = []

    async def model(call: Call) -> Output:
        ran.append(call.task.name)
        if call.task.name == "summarization":
            raise ModelError("too long")
        return await echo(call)

    stubs(echo=model)
    tasks = [text(0, "a story"), Task(task="summarization", id=1, dep=[0], args={"text": "<resource-0>"})]
    builder = StateGraph(State, context_schema=Context)
    builder.add_node("plan", lambda state: {})
    for node in (select, execute):
        builder.add_node(node.__name__, node)
    builder.add_node("respond", lambda state: {})
    builder.add_edge(START, "select")
    builder.add_edge("select", "execute")
    final = await builder.compile().ainvoke({"messages": [], "plan": Plan(tasks=tasks)}, context=Context())
    assert ran == [TEXT, "summarization", "text-generation"]
    assert [result.text for result in final["results"]] == ["a story", "Summarise this text: a story"]
    assert "summarization failed (too long)" in final["plan"].notes[0]
