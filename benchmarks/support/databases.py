"""A real Postgres and a real Redis on loopback ports, each in a folder of its own: to measure on, and to take away."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_connection, socket
from typing import Any, TypeVar

import psycopg


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """A process that listens on a port, and can be stopped and started again."""

    command: list[str]
    port: int
    identity: dict[str, Any] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until it listens. Raises RuntimeError if it does not."""
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(self.command, stdout=quiet, stderr=quiet, **self.identity)  # noqa: S603
        for _ in range(600):
            with suppress(OSError), create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.command[0]} did not come up.")

    def stop(self, sign: int = signal.SIGTERM) -> None:
        """Stop it and wait until it has ended."""
        if self.process is not None:
            self.process.send_signal(sign)
            self.process.wait(60)
            self.process = None


AnyService = TypeVar("AnyService", bound=Service)


class Postgres(Service):
    """A database that trusts this machine."""

    def start(self) -> None:
        """Start it and wait until it answers: after a crash it first mends itself."""
        super().start()
        for _ in range(600):
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url, connect_timeout=5).close()
                return
            time.sleep(0.1)
        raise RuntimeError("Postgres listens, and does not answer.")

    @property
    def url(self) -> str:
        """Where it is."""
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"

    def crash(self) -> None:
        """Stop it at once, with whatever it was about."""
        self.stop(signal.SIGQUIT)


class Redis(Service):
    """A Redis that keeps nothing."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A new, empty database, gone with all it held at the end."""
    folder, who, port = Path(tempfile.mkdtemp(prefix="pg")), _not_root(), free_port()
    if who:
        os.chown(folder, who["user"], who["group"])
    make = [_binary("initdb"), "-D", str(folder / "data"), "-U", "tester", "--auth=trust", "--no-sync"]
    subprocess.run(make, check=True, capture_output=True, timeout=300, cwd=folder, **who)  # noqa: S603
    command = [_binary("postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)]
    for option in ("listen_addresses=127.0.0.1", "fsync=off", "max_connections=200"):
        command += ["-c", option]
    with _running(Postgres(command, port, who), folder) as it:
        yield it


@contextmanager
def redis() -> Iterator[Redis]:
    """A new, empty Redis."""
    folder, port = Path(tempfile.mkdtemp(prefix="redis")), free_port()
    command = [_binary("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    with _running(Redis([*command, "--save", "", "--appendonly", "no"], port), folder) as it:
        yield it


@contextmanager
def _running(service: AnyService, folder: Path) -> Iterator[AnyService]:
    service.start()
    try:
        yield service
    finally:
        service.stop(signal.SIGQUIT if isinstance(service, Postgres) else signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


def _binary(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    program = shutil.which(name) or next(map(str, installed), None)
    if program is None:
        raise RuntimeError(f"{name} is not installed; .ci/run installs it.")
    return program


def _not_root() -> dict[str, Any]:
    """Postgres refuses to run as root: then it runs as its own user."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
