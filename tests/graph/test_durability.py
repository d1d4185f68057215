"""A real process is killed at many moments; whoever resumes must finish the request without repeating anything."""

import asyncio
import random
import signal
import sys
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from graph.state import Result
from tests.support.execution import executor
from tests.support.lives import THREAD, expected, plan, work


async def finished(folder: Path) -> list[int]:
    """The ids of the tasks whose results are in the checkpoint."""
    if not (folder / "threads.sqlite").exists():
        return []
    async with AsyncSqliteSaver.from_conn_string(str(folder / "threads.sqlite")) as saver:
        saved = await saver.aget_tuple(THREAD)
    writes = saved.pending_writes or [] if saved else []
    return [value.id for _, _, value in writes if isinstance(value, Result)]


async def outcome(folder: Path) -> list[Result]:
    async with AsyncSqliteSaver.from_conn_string(str(folder / "threads.sqlite")) as saver:
        final: dict[str, Any] = (await executor(saver).aget_state(THREAD)).values
    return list(final["results"])


def log(folder: Path) -> list[int]:
    """The ids of the tasks that have begun, in order, in all lives."""
    file = folder / "log"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def live(processes: ForkServerContext, folder: Path, seed: int, seconds: float) -> None:
    """Let the process work, and kill it after some seconds."""
    process = processes.Process(target=work, args=(folder, seed))
    process.start()
    process.join(seconds)
    process.kill()  # SIGKILL, unless it has just ended
    process.join(10)
    assert process.exitcode in {0, -signal.SIGKILL}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signal")
@pytest.mark.parametrize("seed", range(8))
def test_a_killed_process_loses_and_repeats_nothing(tmp_path: Path, seed: int) -> None:
    chance, processes = random.Random(seed), get_context("forkserver")
    processes.set_forkserver_preload(["tests.support.lives"])
    lives = 0
    while not (tmp_path / "ended").exists():
        lives += 1
        saved, begun = asyncio.run(finished(tmp_path)), len(log(tmp_path))
        live(processes, tmp_path, seed, chance.uniform(0.02, 0.2) if lives < 60 else 30)
        assert not set(log(tmp_path)[begun:]) & set(saved), "a finished task ran again"
    results = asyncio.run(outcome(tmp_path))
    assert {result.id: result.text for result in results} == expected(plan(seed))
    assert lives > 2
