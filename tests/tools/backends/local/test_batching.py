import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from tools.backends.local.batching import JobQueue, abandoned

marker: ContextVar[str] = ContextVar("marker", default="")


@pytest.fixture
def queue() -> JobQueue:
    threads = ThreadPoolExecutor(2)
    return JobQueue(lambda jobs: threads.submit(jobs.run_next))


class Recorder:
    """Doubles numbers and remembers its batches; the first batch waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = threading.Event()

    def __call__(self, batch: list[int]) -> list[int]:
        self.batches.append(batch)
        if len(self.batches) == 1:
            self.go.wait(5)
        if -1 in batch:
            raise ValueError("no negatives")
        return [2 * number for number in batch]


async def calls(queue: JobQueue, run: Recorder, *numbers: int, group: object = None, limit: int = 8) -> list[object]:
    tasks = [asyncio.create_task(queue.call(run, number, group, limit)) for number in numbers]
    await asyncio.sleep(0.05)
    run.go.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_calls_that_wait_together_run_as_one_batch(queue: JobQueue) -> None:
    run = Recorder()
    assert await calls(queue, run, *range(9)) == [2 * number for number in range(9)]
    assert run.batches == [[0], [1, 2, 3, 4, 5, 6, 7, 8]]


async def test_a_batch_is_never_larger_than_its_limit(queue: JobQueue) -> None:
    run = Recorder()
    await calls(queue, run, *range(6), limit=2)
    assert run.batches == [[0], [1, 2], [3, 4], [5]]


async def test_only_calls_of_one_group_share_a_batch(queue: JobQueue) -> None:
    run = Recorder()
    both = await asyncio.gather(calls(queue, run, 0, 1, 2, group="a"), calls(queue, run, 10, 11, group="b"))
    assert both == [[0, 2, 4], [20, 22]]
    assert run.batches == [[0], [1, 2], [10, 11]]


async def test_one_bad_input_fails_none_of_its_neighbours(queue: JobQueue) -> None:
    run = Recorder()
    results = await calls(queue, run, 0, 1, -1, 3)
    assert results[:2] == [0, 2]
    assert isinstance(results[2], ValueError)
    assert results[3] == 6


async def test_a_call_cancelled_while_it_waits_never_runs(queue: JobQueue) -> None:
    run = Recorder()
    tasks = [asyncio.create_task(queue.call(run, number)) for number in (0, 1, 2)]
    await asyncio.sleep(0.05)
    tasks[1].cancel()
    await asyncio.gather(tasks[1], return_exceptions=True)  # it is gone before the first batch ends
    run.go.set()
    assert await tasks[0] == 0
    assert await tasks[2] == 4
    assert run.batches == [[0], [2]]


async def test_a_running_call_is_told_that_nobody_waits_any_more(queue: JobQueue) -> None:
    started, noticed = threading.Event(), threading.Event()

    def wait_for_it(batch: list[int]) -> list[int]:
        started.set()
        for _ in range(500):
            if abandoned.get()():
                noticed.set()
                break
            threading.Event().wait(0.01)
        return batch

    task = asyncio.create_task(queue.call(wait_for_it, 0))
    await asyncio.to_thread(started.wait, 5)
    task.cancel()
    assert await asyncio.to_thread(noticed.wait, 5)


async def test_a_call_runs_in_the_context_of_its_caller(queue: JobQueue) -> None:
    marker.set("mine")
    assert await queue.call(lambda batch: [marker.get() for _ in batch], 0) == "mine"
