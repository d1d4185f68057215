"""The serving benchmark measures: nobody is refused, and memory does not grow with the requests."""

import pytest

from benchmarks.serving import measure


@pytest.mark.slow
@pytest.mark.usefixtures("backends")
async def test_many_clients_at_once_are_all_answered() -> None:
    measured = await measure(requests=64, turns=2)
    assert set(measured) == {"latency", "clients16", "clients64", "memory", "fairness"}
    assert measured["clients64"]["failed"] == 0
    assert measured["memory"]["end_mb"] < 2 * measured["memory"]["quarter_mb"]
