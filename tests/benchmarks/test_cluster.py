"""`make cluster`: a server and a Ray node are killed, and Redis emptied, while requests run: all are answered once."""

import json
import subprocess
import sys

import pytest

from benchmarks.cluster import show
from tests.support import ROOT


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_every_request_is_answered_once_while_processes_are_lost() -> None:
    assert await show(requests=4) == {"asked": 4, "answered": 4, "answered_once": 4}


@pytest.mark.nightly  # a replica that is lost: tests/tools/backends/ray
@pytest.mark.timeout(300)
def test_every_call_is_answered_while_a_ray_node_is_lost() -> None:
    """In a process of its own, as one joins one cluster."""
    command = [sys.executable, "-m", "benchmarks.cluster_models", "--show", "--calls=24"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)  # noqa: S603 - our own command
    assert ran.returncode == 0, ran.stderr[-4000:]
    told = ran.stdout.splitlines()
    assert "One node was killed" in told[-2]
    assert json.loads(told[-1]) == {"asked": 24, "answered": 24}
