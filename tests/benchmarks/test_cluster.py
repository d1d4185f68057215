"""`make cluster`: a server and a Ray node are killed, and Redis emptied, while requests run: all are answered once."""

import pytest

from benchmarks.cluster import show
from benchmarks.cluster_models import lose_a_node


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_request_is_answered_once_while_processes_are_lost() -> None:
    assert await show(requests=4) == {"asked": 4, "answered": 4, "answered_once": 4}


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_call_is_answered_while_a_ray_node_is_lost() -> None:
    assert await lose_a_node(calls=24) == {"asked": 24, "answered": 24}
