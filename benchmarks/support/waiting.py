"""The graph with one model that only waits, as long as its text says: to measure servers by, and to stop them in.

Name it to LangGraph's server in place of the real one (``"path": "benchmarks.support.waiting:graph"``), or start
our own with ``python -m benchmarks.support.waiting --port PORT``.
"""

import argparse
import asyncio
import re

from benchmarks.support.stubs import StubBackend
from graph import graph
from tools.protocol import Call, Output
from tools.registry import BACKENDS

__all__ = ["graph"]


async def wait(call: Call) -> Output:
    """Sleep for the first number in the text, in seconds; without one not at all."""
    text = str(call.inputs.get("text", ""))
    number = re.search(r"\d+(\.\d+)?", text)
    await asyncio.sleep(float(number[0]) if number else 0)
    return Output(text=f"waited: {text}")


BACKENDS.clear()
BACKENDS["embedded"] = StubBackend({"waiter": wait})

if __name__ == "__main__":
    from app.server.serving import serve

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    serve(arguments.host, arguments.port)
