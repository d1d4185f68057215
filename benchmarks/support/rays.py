"""A Ray cluster on loopback addresses of this machine, of as many nodes as wanted: to measure on, and to take away."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.support.databases import free_port

_TOKEN = os.urandom(32).hex()  # one for this process: Ray reads it once
_GIBIBYTE = 2**30
_PATIENCE = 120  # seconds that a node has to start


class Node:
    """A node, with all processes that it started, its workers, too."""

    def __init__(self, log: Path, *options: str, environment: dict[str, str]) -> None:
        command = [
            str(Path(sys.executable).with_name("ray")),
            "start",
            "--block",
            "--include-log-monitor=false",
            *options,
        ]
        with log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        for _ in range(10 * _PATIENCE):
            if "Ray runtime started" in log.read_text(encoding="utf-8"):
                return
            time.sleep(0.1)
        self.kill()
        raise RuntimeError(f"The node did not start: {log.read_text(encoding='utf-8')}")

    def replicas(self) -> list[int]:
        """The ids of the processes in which models run here."""
        listed = subprocess.run(["ps", "-eo", "pid,pgid,args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
        rows = (line.split(None, 2) for line in listed.splitlines()[1:])
        our_group = str(self.process.pid)
        return [int(pid) for pid, group, name in rows if group == our_group and name.startswith("ray::ServeReplica")]

    def kill(self) -> None:
        """Take it away at once, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)


class RayCluster:
    """Nodes of one processor and so many GiB of memory each, of which the first keeps the books."""

    def __init__(self, folder: Path) -> None:
        self.address = f"127.0.0.2:{free_port()}"  # Ray takes 127.0.0.1 for the machine's own address
        self.nodes: list[Node] = []
        self._folder = folder

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to join it."""
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _TOKEN, "RAY_USAGE_STATS_ENABLED": "0"}

    def add(self, gibibytes: int) -> Node:
        """Another node."""
        number, port = len(self.nodes), self.address.partition(":")[2]
        head = ["--head", f"--port={port}", f"--temp-dir={self._folder}", "--include-dashboard=false"]
        memory = [f"--memory={gibibytes * _GIBIBYTE}", f"--object-store-memory={_GIBIBYTE // 8}", "--num-cpus=1"]
        place = [f"--node-ip-address=127.0.0.{number + 2}", *([f"--address={self.address}"] if number else head)]
        environment = {**os.environ, **self.environment, "PYTHONDONTWRITEBYTECODE": ""}
        node = Node(self._folder / f"{number}.log", *place, *memory, environment=environment)
        self.nodes.append(node)
        return node


@contextmanager
def ray_cluster(*nodes: int) -> Iterator[RayCluster]:
    """A new cluster of nodes with so many GiB, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ray"))
    cluster = RayCluster(folder)
    try:
        for gibibytes in nodes:
            cluster.add(gibibytes)
        yield cluster
    finally:
        for node in cluster.nodes:
            node.kill()
        shutil.rmtree(folder, ignore_errors=True)
