"""The graph with one model that only waits, as long as its text says: to measure servers by, and to stop them in.

Name it to a server in place of the real one: ``graphs: {"hugginggpt": "benchmarks.waiting:graph"}``.
"""

import asyncio
import re

from benchmarks.stubs import StubBackend
from graph import graph
from tools.backends import BACKENDS
from tools.backends.base import Call, Output

__all__ = ["graph"]


async def wait(call: Call) -> Output:
    """Sleep for the first number in the text, in seconds; without one not at all."""
    text = str(call.inputs.get("text", ""))
    number = re.search(r"\d+(\.\d+)?", text)
    await asyncio.sleep(float(number[0]) if number else 0)
    return Output(text=f"waited: {text}")


BACKENDS.clear()
BACKENDS["embedded"] = StubBackend({"waiter": wait})
