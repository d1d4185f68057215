"""Our own server in a process of its own, with the model that only waits: what serving itself costs is left."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

import httpx

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT),
    "HUGGINGGPT_LLM": "offline",
    "HUGGINGGPT_SLOTS": '{"stub": 1000}',  # the waiting model occupies nothing
}


@contextmanager
def server(*, page: bool = False, **settings: str) -> Iterator[tuple[str, int]]:
    """A running server, with the web page or without, and with more settings: its address and its process id."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **ENVIRONMENT, "HUGGINGGPT_PAGE": str(page), **settings}
        command = [sys.executable, "-m", "benchmarks.support.waiting", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder, env=env)  # noqa: S603 - our own command
        try:
            _await(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1800):
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
        if process.poll() is not None:
            break
    raise RuntimeError("The server did not start.")
