"""`make cluster`: a server is killed and Redis emptied while requests run, and every request is answered once."""

import pytest

from benchmarks.cluster import show


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_request_is_answered_once_while_processes_are_lost() -> None:
    assert await show(requests=4) == {"asked": 4, "answered": 4, "answered_once": 4}
