"""A real Postgres on a loopback port, in a folder of its own, run by whoever may run one."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.server.process import free_port


def binary(name: str) -> str:
    found = shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))[::-1]), None)
    if found is None:
        pytest.skip("Postgres is not installed; .ci/run installs it.")
    return found


def identity() -> dict[str, Any]:
    """Postgres refuses to run as root: then it runs as its own user."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@dataclass
class Postgres:
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        command = [binary("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)]
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen([*command, *options], stdout=quiet, stderr=quiet, **identity())  # noqa: S603
        for _ in range(100):
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("Postgres did not come up.")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(3)  # SIGQUIT: at once
            self.process.wait(20)


@contextmanager
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    who = identity()
    if who:
        os.chown(folder, who["user"], who["group"])
    command = [binary("initdb"), "-D", str(folder / "data"), "-U", "tester", "--auth=trust", "--no-sync"]
    subprocess.run(command, check=True, capture_output=True, timeout=60, cwd=folder, **who)  # noqa: S603
    server = Postgres(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
