"""Servers in processes of their own; the first is ours with the model that only waits: what serving costs is left."""

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
    "HUGGINGGPT_LLM": "offline",
    "HUGGINGGPT_SLOTS": '{"stub": 1000}',  # the waiting model occupies nothing
}


@contextmanager
def server(*, page: bool = False, **settings: str) -> Iterator[tuple[str, int]]:
    """A running server, with the web page or without, and with more settings: its address and its process id."""
    environment = {**ENVIRONMENT, "HUGGINGGPT_PAGE": str(page), **settings}
    with process("benchmarks.support.waiting", **environment) as running:
        yield running


@contextmanager
def process(module: str, *arguments: str, **environment: str) -> Iterator[tuple[str, int]]:
    """A module that serves at ``--port``, in a process and an empty folder of its own: its address and process id."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-m", module, *arguments, "--port", str(port)]
        started = subprocess.Popen(command, cwd=folder, env=env)  # noqa: S603 - our own command
        try:
            _await(f"http://127.0.0.1:{port}/health", started)
            yield f"http://127.0.0.1:{port}", started.pid
        finally:
            started.terminate()
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                started.kill()
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
