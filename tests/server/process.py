"""Real server processes on loopback, started once and stopped by their pid."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support import ROOT

QUIET = {
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "LANGSMITH_TRACING": "false",
    "HUGGINGGPT_LLM": "offline",
    "HUGGINGGPT_PAGE": "false",  # Gradio takes its time to start, and has tests of its own
    "HF_HUB_OFFLINE": "1",
    "PYTHONPATH": str(ROOT),
}


@dataclass
class Server:
    """A running process, its address and the folder it works in."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def stop(self, sign: int = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            end(self.process)
            raise


def end(process: subprocess.Popen[bytes]) -> None:
    """Whatever it does, it does no more."""
    process.kill()
    process.wait(60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(command: list[str], folder: Path, health: str, port: int = 0, **env: str) -> Server:
    """Start a module as a server; a variable that is given as empty is not set at all."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGINGGPT_", "LANG"))}
    given = {**keep, **QUIET, "HUGGINGGPT_CACHE_FOLDER": str(folder / "cache"), **env}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", *command, "--port", str(port)],
            cwd=folder,
            env={name: value for name, value in given.items() if value},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, f"http://127.0.0.1:{port}", folder)
    try:
        _await(server, health)
    except BaseException:  # the test's own time limit included
        end(process)
        raise
    return server


def _await(server: Server, health: str) -> None:
    with httpx.Client(base_url=server.url, timeout=2) as client:
        for _ in range(1800):
            with suppress(httpx.TransportError):
                if client.get(health).status_code == 200:
                    return
            if server.process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(server.log[-4000:])


def start_dev(folder: Path, *options: str, graph: str = "", port: int = 0, **env: str) -> Server:
    """`langgraph dev`, as `make serve` starts it, working in a folder of its own, maybe with another graph."""
    config = json.loads((ROOT / "langgraph.json").read_text())
    if graph:
        config["graphs"]["hugginggpt"]["path"] = graph
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "langgraph.json").write_text(json.dumps(config))
    command = ["langgraph_cli", "dev", "--no-browser", "--no-reload", "--n-jobs-per-worker", "8", *options]
    return start(command, folder, "/ok", port, **env)


@dataclass
class Guarded:
    """A server with keys, one each for two owners."""

    server: Server
    ann: str
    bob: str

    def client(self, key: str) -> httpx.Client:
        return httpx.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)
