"""Our server on one model that takes its time, and of which one call in a hundred fails in some way.

python -m benchmarks.support.unsteady --port PORT
"""

import argparse
import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from itertools import count, cycle

from benchmarks.support.stubs import StubBackend
from tools.errors import BadOutput, ModelLoading, RateLimited
from tools.protocol import Call, Output
from tools.registry import BACKENDS

SECONDS = 0.1  # that a call takes
EVERY = 100  # calls of which one fails
_calls = count(1)


async def _busy(_: Call) -> Output:
    raise RateLimited("It was asked too often.", 0.2)


async def _loading(_: Call) -> Output:
    raise ModelLoading("It is still loading.", 0.2)


async def _wrong(_: Call) -> Output:
    raise BadOutput("It answered with something that is not a result.")


async def _nothing(_: Call) -> Output:
    return Output()


async def _full(_: Call) -> Output:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def _slow(call: Call) -> Output:
    await asyncio.sleep(20 * SECONDS)
    return Output(text=f"late: {call.inputs.get('text')}")


FAULTS: tuple[Callable[[Call], Awaitable[Output]], ...] = (_busy, _loading, _wrong, _nothing, _full, _slow)
_faults = cycle(FAULTS)


async def work(call: Call) -> Output:
    """Say what was asked, after a while; or fail."""
    if next(_calls) % EVERY == 0:
        return await next(_faults)(call)
    await asyncio.sleep(SECONDS)
    return Output(text=f"said: {call.inputs.get('text', '')}", data=[0.5] * 4)


if __name__ == "__main__":
    from app.server.serving import serve

    BACKENDS.clear()
    BACKENDS["embedded"] = StubBackend({"worker": work})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    serve("127.0.0.1", parser.parse_args().port)
