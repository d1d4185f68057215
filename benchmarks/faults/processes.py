"""Faults of the whole process: it is told to stop, killed, left without handles or room, or its clock jumps."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.faults.bench import ASKED, TASKS, UNTOUCHED, Befall, Bench, Row, Seen
from benchmarks.support import misbehaviour as m
from graph.state import Result

ROOT = Path(__file__).parents[2]
ALL = frozenset({0, 1, 2, 3})
CLI = "from app.cli.main import main; main()"
JUMP = """
import time
wall, ticks, begun = time.time, time.time_ns, time.monotonic()
off = lambda: {0} * (time.monotonic() - begun > 3)  # seconds: in the middle of the request
time.time, time.time_ns = lambda: wall() + off(), lambda: ticks() + int(off() * 1e9)
"""
OURS = re.compile(r"HUGGINGGPT_|HF_|OPENAI_")


def rows() -> Iterator[Row]:
    """All of them, by the command line as its users start it."""
    for sign in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        fault = f"{sign.name} in mid-run, then `resume`"
        yield Row("process", fault, "what came of it", _stopped(sign), ALL, limit=90)
    yield Row(
        "process",
        "the disk is full from the start",
        "full|cannot be (used|written)|Cannot write",
        _started("ulimit -f 0"),
        limit=60,
    )
    yield Row("process", "files of at most 64 kB", "was not kept", _started("ulimit -f 64"), UNTOUCHED, limit=60)
    for most in (32, 48):
        yield Row("process", f"{most} file handles", "", _started(f"ulimit -n {most}"), limit=60)
    for name, seconds in (("a day back", -86_400), ("ten years on", 3.2e8)):
        yield Row("process", f"the clock jumps {name}", "what came of it", _jumping(seconds), ALL, limit=60)


async def _start(bench: Bench, *words: str, before: str = "", program: str = "") -> asyncio.subprocess.Process:
    """The command line, started by a shell that does something ``before``."""
    folder = str(bench.folder)
    env = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    env |= {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "HUGGINGGPT_CATALOGUE_AGE": "0"}
    env |= {"HUGGINGGPT_MODELS": f"{folder}/models.toml", "HUGGINGGPT_CACHE_FOLDER": f"{folder}/cache"}
    env |= {"HUGGINGGPT_LLM": "openai:stand-in", "HUGGINGGPT_BASE_URL": f"{bench.server.url}/v1"}
    shell = ["bash", "-c", f'{before or ":"}; exec "$@"', "bash", sys.executable, "-c", program + CLI]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*shell, *words, cwd=folder, env=env, stdout=pipe, stderr=pipe)


async def _ended(process: asyncio.subprocess.Process) -> Seen:
    """What it printed, as what was seen."""
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    printed = _object(out)
    seen = Seen(
        [Result.model_validate(entry) for entry in printed.get("results", [])], log=err.decode(errors="replace")
    )
    seen.answer = "\n".join([printed.get("answer") or printed.get("error") or "", seen.log])
    if "Sorry, that is a bug" in seen.answer:
        seen.bug = seen.answer
    return seen


def _object(out: bytes) -> dict[str, Any]:
    try:
        printed: dict[str, Any] = json.loads(out)
    except ValueError:
        return {"error": out.decode(errors="replace")}
    return printed


def _started(before: str) -> Befall:
    async def befall(bench: Bench) -> Seen:
        return await _ended(await _start(bench, "ask", ASKED, "--mode", "endpoint", "--json", before=before))

    return befall


def _jumping(seconds: float) -> Befall:
    async def befall(bench: Bench) -> Seen:
        program = JUMP.format(seconds)
        return await _ended(await _start(bench, "ask", ASKED, "--mode", "endpoint", "--json", program=program))

    return befall


def _stopped(sign: signal.Signals) -> Befall:
    """Stopped while one task hangs and two are told finished; what was told finished is never asked for again."""

    async def befall(bench: Bench) -> Seen:
        bench.server.misbehave(TASKS[0], m.late)
        process = await _start(bench, "ask", ASKED, "--mode", "endpoint")
        assert process.stderr is not None  # noqa: S101 - a pipe
        printed = ""
        while "summarization finished" not in printed:
            line = await process.stderr.readline()
            printed += line.decode()
            if not line:
                return Seen(bug=f"it ended by itself: {printed[-300:]}")
        process.send_signal(sign)
        rest, _ = await asyncio.gather(process.stderr.read(), process.wait())
        bench.server.faults.clear()
        seen = await _ended(await _start(bench, "resume", "--json"))
        seen.log += printed + rest.decode()
        if bench.server.asked["translation"] != 1:
            seen.bug = "a finished task ran again"
        return seen

    return befall
