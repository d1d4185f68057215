import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tools.backends.local.pool import Pool, Resident, Want
from tools.errors import ModelError, ModelLoading, OutOfMemory


class Loads:
    """Counts what it loads; every model is a text of its name."""

    def __init__(self, seconds: float = 0.0, error: Exception | None = None) -> None:
        self.names: list[str] = []
        self.seconds, self.error = seconds, error

    def __call__(self, name: str) -> Callable[[], str]:
        def load() -> str:
            self.names.append(name)
            time.sleep(self.seconds)
            if self.error:
                raise self.error
            return name

        return load


def want(name: str, loads: Loads, size: int = 1, *, slow: bool = False) -> Want:
    return Want(name, name, lambda: size, loads(name), slow)


async def use(pool: Pool, name: str, loads: Loads, size: int = 1, seconds: float = 0.0, **options: Any) -> str:
    async with pool.lease(want(name, loads, size), **options) as (resident,):
        await asyncio.sleep(seconds)
        return str(resident.ready.result())


async def test_a_model_wanted_by_many_at_once_is_loaded_once() -> None:
    pool, loads = Pool(lambda: 10), Loads(seconds=0.05)
    assert set(await asyncio.gather(*(use(pool, "a", loads) for _ in range(20)))) == {"a"}
    assert loads.names == ["a"]


async def test_the_least_recently_used_model_makes_room() -> None:
    pool, loads = Pool(lambda: 3), Loads()
    for name in ("a", "b", "c", "a", "d"):
        await use(pool, name, loads)
    assert {model.model for model in pool.loaded()} == {"a", "c", "d"}
    assert pool.peak == 3


async def test_six_models_taking_turns_never_exceed_a_budget_for_three() -> None:
    pool, loads = Pool(lambda: 3), Loads()
    await asyncio.gather(*(use(pool, f"m{i % 6}", loads, seconds=0.001) for i in range(60)))
    assert pool.peak <= 3


async def test_a_model_in_use_is_never_freed() -> None:
    pool, loads = Pool(lambda: 1, patience=0.1), Loads()
    async with pool.lease(want("a", loads)):
        with pytest.raises(ModelLoading, match="No room for b"):
            await use(pool, "b", loads)
        assert pool.forget() == 0
        assert [model.model for model in pool.loaded()] == ["a"]


async def test_a_model_waits_until_the_one_in_use_is_done() -> None:
    pool, loads = Pool(lambda: 1, patience=5), Loads()
    first = asyncio.create_task(use(pool, "a", loads, seconds=0.2))
    await asyncio.sleep(0.05)
    assert await use(pool, "b", loads) == "b"
    assert await first == "a"


async def test_a_model_larger_than_the_budget_is_refused_before_it_is_loaded() -> None:
    pool, loads = Pool(lambda: 2**30), Loads()
    with pytest.raises(OutOfMemory, match=r"big needs 3\.0 GiB and 1\.0 GiB may be used.*HUGGINGGPT_MEMORY"):
        await use(pool, "big", loads, size=3 * 2**30)
    assert loads.names == []


async def test_a_failed_load_tells_all_who_wait_and_the_next_call_tries_again() -> None:
    pool, loads = Pool(lambda: 10), Loads(seconds=0.02, error=ModelError("broken"))
    results = await asyncio.gather(*(use(pool, "a", loads) for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["broken"] * 3
    loads.error = None
    assert await use(pool, "a", loads) == "a"
    assert pool.used == 1


async def test_a_cancelled_caller_does_not_cancel_the_load_for_others() -> None:
    pool, loads = Pool(lambda: 10), Loads(seconds=0.1)
    impatient, patient = (asyncio.create_task(use(pool, "a", loads)) for _ in range(2))
    await asyncio.sleep(0.02)
    impatient.cancel()
    assert await patient == "a"
    assert pool.forget("a") == 1


async def test_loading_ahead_never_frees_another_model() -> None:
    pool, loads = Pool(lambda: 1), Loads()
    await use(pool, "a", loads)
    with pytest.raises(ModelLoading):
        await use(pool, "b", loads, evict=False)
    assert [model.model for model in pool.loaded()] == ["a"]


async def test_models_are_freed_on_request() -> None:
    pool, loads = Pool(lambda: 10), Loads()
    for name in ("a", "b"):
        await use(pool, name, loads, size=2)
    assert [(model.model, model.bytes, model.busy) for model in pool.loaded()] == [("b", 2, False), ("a", 2, False)]
    assert pool.forget("a") == 1
    assert pool.forget() == 1
    assert pool.used == 0


async def test_two_models_run_at_once_and_one_model_runs_its_calls_in_turn() -> None:
    pool, loads = Pool(lambda: 10), Loads()
    both = threading.Barrier(2, timeout=5)
    running: list[str] = []

    def meet(batch: list[str]) -> list[str]:
        assert batch[0] not in running
        running.append(batch[0])
        both.wait()
        running.remove(batch[0])
        return batch

    async def meet_on(resident: Resident, name: str) -> None:
        await asyncio.gather(*(resident.jobs.call(meet, name) for _ in range(3)))

    async with AsyncExitStack() as stack:
        a, b = await stack.enter_async_context(pool.lease(want("a", loads), want("b", loads)))
        await asyncio.gather(meet_on(a, "a"), meet_on(b, "b"))


async def test_models_of_one_call_get_room_together_or_not_at_all() -> None:
    """Two ControlNets and their base: one base and one net fit, and each call would hold what the other waits for."""
    pool, loads = Pool(lambda: 2), Loads(seconds=0.02)

    async def generate(net: str) -> list[str]:
        async with pool.lease(want(net, loads), want("base", loads)) as residents:
            await asyncio.sleep(0.02)
            return [str(each.ready.result()) for each in residents]

    async with asyncio.timeout(50):  # less than a wait for room may take
        made = await asyncio.gather(*(generate(net) for net in ("canny", "depth") * 3))
    assert made == [["canny", "base"], ["depth", "base"]] * 3
    assert pool.peak <= 2


async def test_a_film_keeps_no_other_model_waiting() -> None:
    pool, loads, end = Pool(lambda: 10, workers=1), Loads(), threading.Event()

    def film(batch: list[str]) -> list[str]:
        end.wait(10)
        return batch

    async with pool.lease(want("film", loads, slow=True), want("words", loads)) as (slow, quick):
        filming = asyncio.create_task(slow.jobs.call(film, "film"))
        async with asyncio.timeout(5):
            assert await quick.jobs.call(lambda batch: batch, "words") == "words"
        assert not filming.done()
        end.set()
        assert await filming == "film"


async def test_the_event_loop_never_waits_while_a_model_is_freed() -> None:
    """A model that takes long to let go, as gigabytes do, is let go with no lock held."""
    pool, loads = Pool(lambda: 1), Loads()
    freed, looked = threading.Event(), threading.Event()

    class Heavy:
        def __del__(self) -> None:
            freed.set()
            looked.wait(5)

    async with pool.lease(Want("heavy", "heavy", lambda: 1, Heavy)):
        pass
    other = asyncio.create_task(use(pool, "b", loads))
    assert await asyncio.to_thread(freed.wait, 5)
    assert [model.model for model in pool.loaded()] == []  # takes the lock, while the model is being let go
    looked.set()
    assert await other == "b"
