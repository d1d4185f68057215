"""The queue chat model keeps its promises: order, latency, counting."""

import time

import pytest

from benchmarks.support.fakes import QueueChat


async def test_answers_come_in_order_and_are_counted() -> None:
    model = QueueChat(answers=["one", {"two": 2}])
    assert (await model.ainvoke("first")).text == "one"
    assert (await model.ainvoke("second")).text == '{"two": 2}'
    assert [call.messages[0].text for call in model.calls] == ["first", "second"]
    with pytest.raises(IndexError, match="once more"):
        await model.ainvoke("third")


async def test_streaming_takes_the_time_that_was_set() -> None:
    model = QueueChat(answers=["several words come one by one"], first_token=0.05, per_token=0.01)
    begun = time.perf_counter()
    arrivals = [(chunk.text, time.perf_counter() - begun) async for chunk in model.astream("x")]
    assert "".join(text for text, _ in arrivals) == "several words come one by one"
    assert arrivals[0][1] >= 0.05
    assert arrivals[-1][1] >= 0.05 + 0.01 * (len(arrivals) - 2)


async def test_an_exception_in_the_queue_is_raised() -> None:
    with pytest.raises(TimeoutError):
        await QueueChat(answers=[TimeoutError("slow")]).ainvoke("x")


async def test_a_rule_may_answer() -> None:
    assert (await QueueChat(answers=lambda messages: messages[-1].text.upper()).ainvoke("loud")).text == "LOUD"
