import asyncio
import threading
from collections.abc import Callable

import pytest

from benchmarks.support.stubs import StubBackend
from graph.slots import Device, device
from tests.support.execution import events, text
from tools.daemons import aside
from tools.protocol import Call, Output
from tools.settings import override


class Track:
    """Runs pieces of work on a device and notes the order in which they began."""

    def __init__(self, capacity: int, most_each: int = 0) -> None:
        self.device, self.order, self.at_once, self.most = Device(capacity, most_each), list[str](), 0, 0

    async def work(self, name: str, request: str = "one", priority: float = 0, owner: str = "") -> None:
        async with self.device.slot(request, priority, owner):
            self.order.append(name)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await asyncio.sleep(0.001)
            self.at_once -= 1


async def test_no_more_run_at_once_than_there_are_slots() -> None:
    track = Track(3)
    await asyncio.gather(*(track.work(str(number)) for number in range(20)))
    assert (len(track.order), track.most) == (20, 3)


async def test_the_longest_remaining_path_goes_first() -> None:
    track = Track(1)
    await asyncio.gather(track.work("any"), *(track.work(f"{left}", priority=left) for left in (1, 3, 2)))
    assert track.order == ["any", "3", "2", "1"]


async def test_a_large_request_does_not_starve_a_small_one() -> None:
    track = Track(1)
    large = [track.work(f"large {number}", "large", 100 - number) for number in range(50)]
    small = [track.work(f"small {number}", "small") for number in range(2)]
    await asyncio.gather(*large, *small)
    assert track.order.index("small 1") <= 4


async def test_nobody_gains_by_sending_many_requests() -> None:
    track = Track(2)
    greedy = [track.work(f"greedy {number}", f"{number % 10}", owner="greedy") for number in range(50)]
    polite = [track.work(f"polite {number}", "one", owner="polite") for number in range(5)]
    await asyncio.gather(*greedy, *polite)
    assert track.order.index("polite 4") <= 12  # every other slot from the moment it asks


async def test_one_owner_takes_no_more_slots_than_they_may_and_the_own_machine_all() -> None:
    for owner, most in (("greedy", 2), ("", 5)):
        track = Track(5, most_each=2)
        await asyncio.gather(*(track.work(str(number), owner=owner) for number in range(20)))
        assert (len(track.order), track.most) == (20, most)


async def test_what_one_owner_may_not_take_is_there_for_the_next() -> None:
    track = Track(3, most_each=2)
    greedy = [track.work(f"greedy {number}", owner="greedy") for number in range(10)]
    await asyncio.gather(*greedy, track.work("polite", owner="polite"))
    assert track.order.index("polite") == 2


@pytest.mark.parametrize("moment", [0.0, 0.0005])
async def test_a_cancelled_wait_gives_its_turn_to_the_next(moment: float) -> None:
    track = Track(1)
    first, second, third = (asyncio.create_task(track.work(name)) for name in ("first", "second", "third"))
    await asyncio.sleep(moment)
    second.cancel()
    await asyncio.wait([first, second, third], timeout=1)
    assert track.order == ["first", "third"]


async def test_a_turn_granted_in_the_moment_of_cancellation_is_not_lost() -> None:
    track = Track(1)
    async with track.device.slot("one", 0):
        waiting = asyncio.create_task(track.work("cancelled"))
        await asyncio.sleep(0)
    waiting.cancel()  # the slot was granted when the block ended, and nobody has run since
    await asyncio.wait([waiting])
    await asyncio.wait_for(track.work("next"), 1)
    assert track.order == ["next"]


async def test_the_owner_says_how_many_run_on_a_device() -> None:
    override(slots={"tiny": 1})
    try:
        assert device("tiny") is device("tiny")
        async with device("tiny").slot("one", 0):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(device("tiny").slot("two", 0).__aenter__(), 0.01)
    finally:
        override(slots={})


async def test_a_call_that_was_given_up_keeps_its_slot_until_its_thread_ends(stubs: Callable[..., StubBackend]) -> None:
    release, seen = threading.Event(), list[str]()

    async def model(call: Call) -> Output:
        if call.inputs["text"] == "hang":
            await aside(lambda: release.wait(60), "hang")
        return Output(text="done")

    stubs(echo=model)
    override(slots={"stub": 1})
    async with asyncio.timeout(60):
        async for event in events([text(0, "hang"), text(1, "next")], "echo", task_timeout=0.1):
            seen.append(f"{event['event']} {event['id']}")
            if seen[-1] == "failed 0":
                await asyncio.sleep(0.1)
                assert "started 1" not in seen
                release.set()
    override(slots={})
    assert seen[:6] == ["queued 0", "started 0", "queued 1", "failed 0", "started 1", "finished 1"]


async def test_films_leave_a_slot_to_everything_else() -> None:
    place, ends, begun = Device(2), asyncio.Event(), list[str]()

    async def work(name: str, *, film: bool) -> None:
        async with place.slot(name, 0, film=film):
            begun.append(name)
            if film:
                await ends.wait()

    films = [asyncio.create_task(work(name, film=True)) for name in ("first film", "second film")]
    await asyncio.sleep(0)
    await asyncio.gather(*(work(f"picture {number}", film=False) for number in range(3)))
    assert begun == ["first film", "picture 0", "picture 1", "picture 2"]
    ends.set()
    await asyncio.gather(*films)
    assert begun[-1] == "second film"


async def test_a_film_of_a_request_does_not_hold_up_its_other_tasks() -> None:
    place, ends, begun = Device(2), asyncio.Event(), list[str]()

    async def work(name: str, priority: float, *, film: bool) -> None:
        async with place.slot("one", priority, film=film):
            begun.append(name)
            await (ends.wait() if film else asyncio.sleep(0))

    films = [asyncio.create_task(work(name, 9, film=True)) for name in ("first film", "second film")]
    await asyncio.gather(*(work(f"{left}", left, film=False) for left in (0, 1, 2)))
    assert begun == ["first film", "0", "2", "1"]
    ends.set()
    await asyncio.gather(*films)


async def test_films_run_where_there_is_but_one_slot() -> None:
    async with Device(1).slot("one", 0, film=True):
        pass
