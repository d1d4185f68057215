"""The real command line on one stub model, as a program: ``python -m tests.support.stubbed_cli NAP LOG ask ...``.

The model answers at once, but speaking takes NAP seconds in a thread that nothing can interrupt, as models do.
Each call is noted in LOG. Where a file FULL lies beside it, the disk is full from the first call on: no file can become
larger than PAGE.
"""

import asyncio
import resource
import sys
import time
from pathlib import Path

import numpy as np

from app.cli.main import app
from benchmarks.support.stubs import StubBackend
from tools.protocol import Audio, Call, Output
from tools.registry import BACKENDS

NAP, LOG = float(sys.argv[1]), Path(sys.argv[2])
PAGE = 4096  # bytes


def note(line: str) -> None:
    with LOG.open("a") as log:
        log.write(f"{line}\n")


async def model(call: Call) -> Output:
    note(call.task.name)
    if LOG.with_name("FULL").exists():
        resource.setrlimit(resource.RLIMIT_FSIZE, (PAGE, resource.RLIM_INFINITY))
    if call.task.name != "text-to-speech":
        return Output(text="A fine day.")
    await asyncio.to_thread(time.sleep, NAP)
    return Output(media=(Audio(np.zeros(800, np.float32), 8000),))


if __name__ == "__main__":
    BACKENDS.clear()
    BACKENDS["embedded"] = StubBackend({"stub": model})
    app(sys.argv[3:])
