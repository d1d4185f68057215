"""The serving benchmark measures, and what it measures stays within bounds that no busy machine breaks."""

import pytest

from benchmarks.serving import measure


@pytest.mark.slow
@pytest.mark.usefixtures("backends")
async def test_many_clients_at_once_are_all_answered() -> None:
    measured = await measure(requests=64)
    assert set(measured) == {"latency", "clients16", "clients64", "memory"}
    assert measured["latency"]["added_p50_ms"] < 100
    assert measured["clients64"]["failed"] == 0
    assert measured["clients64"]["p95_s"] < 10  # one after the other they would take a minute
    assert measured["memory"]["end_mb"] < 2 * measured["memory"]["quarter_mb"]
