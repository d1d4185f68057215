"""What it is worth to fetch a request's file while its plan is written: ``python -m benchmarks.arrival [--json]``.

A file server and a controller, both on loopback, each take half a second; one after the other they would take a second.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from langchain_core.messages import HumanMessage

from benchmarks.support.fakes import QueueChat
from benchmarks.support.stubs import StubBackend
from graph import build
from graph.chat_models import register
from graph.context import Context
from graph.state import InputState
from tools.protocol import Call, Output
from tools.registry import BACKENDS
from tools.settings import override

FETCH, PLAN = 0.5, 0.5  # seconds
PICTURE = Path(__file__).parent.parent / "examples" / "notice.png"


class SlowSite(BaseHTTPRequestHandler):
    """Answers at once, and sends the second half of its one picture after a while."""

    def do_GET(self) -> None:
        """Send the picture."""
        body = PICTURE.read_bytes()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        time.sleep(FETCH)
        self.wfile.write(body[len(body) // 2 :])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def slow_site() -> Iterator[str]:
    """The site's address while it runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowSite) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def measure(link: str) -> float:
    """Seconds from the request to its checked plan."""
    plan = '{"tasks":[{"image-to-text":{"image":"notice.png"}}]}'
    register("queue", lambda _: QueueChat(answers=lambda _: plan, first_token=PLAN))
    context, begun = Context(llm="queue:slow", cache=False), time.perf_counter()
    given: InputState = {"messages": [HumanMessage("What does it say?")], "resources": [link]}
    planned = await build().compile().ainvoke(given, context=context, interrupt_before=["select"])
    took = time.perf_counter() - begun
    if not planned.get("plan"):
        raise RuntimeError(planned["messages"][-1].text)
    return took


async def read_nothing(_call: Call) -> Output:
    """A model that is offered, and never run."""
    return Output(text="")


async def bench(repeats: int) -> dict[str, dict[str, float]]:
    """The median of several requests, for a link that names its format and for one that does not."""
    with tempfile.TemporaryDirectory() as folder, slow_site() as site:
        override(out=folder, cache_folder=folder, private_addresses=True)
        BACKENDS.clear()
        BACKENDS["embedded"] = StubBackend({"reader": read_nothing})
        await measure(f"{site}/notice.png")  # imports are no part of a request
        measured = {}
        for path in ("notice.png", "notice"):
            walls = [await measure(f"{site}/{path}") for _ in range(repeats)]
            measured[path] = {"fetch_s": FETCH, "plan_s": PLAN, "wall_s": statistics.median(walls)}
        return measured


def main() -> None:
    """Parse the options and run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--repeats", type=int, default=5, help="requests, of which the median counts")
    chosen = options.parse_args()
    measured = asyncio.run(bench(chosen.repeats))
    if chosen.json:
        print(json.dumps(measured))
        return
    for path, row in measured.items():
        print(f"{path:12} {row['wall_s']:.3f} s  (fetch {FETCH} s, plan {PLAN} s)")


if __name__ == "__main__":
    main()
