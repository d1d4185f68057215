"""The benchmark of the page measures what it says, with few pages; what it measures depends on the machine."""

import json
import subprocess
import sys

import pytest

from tests.support import ROOT

SMALL = ["--pages", "2", "--requests", "1", "--seconds", "1.5", "--visits", "2"]


@pytest.mark.nightly
def test_a_few_pages_are_measured() -> None:
    command = [sys.executable, "-m", "benchmarks.page", "--json", *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=True, cwd=ROOT)  # noqa: S603 - ours
    measured = json.loads(done.stdout)
    interactive, crowd = measured["interactive_s"], measured["crowd"]
    assert 0 < interactive["warm_p50"] <= interactive["warm_worst"]
    assert 0 < interactive["cold_p50"] <= interactive["cold_worst"]
    assert 0 < measured["first_sign_s"]["p50"] <= measured["first_node_s"]["p50"]
    assert crowd["failed"] == 0
    assert crowd["redraws"] >= 4  # in three seconds
    assert 0 < crowd["first_sign_s"] <= crowd["first_node_s"]
    assert all(crowd[f"longest_{name}_s"] > 0 for name in ("round_trip", "redraw_gap", "page_stall"))


def test_a_page_must_be_left_without_a_request() -> None:
    command = [sys.executable, "-m", "benchmarks.page", "--pages", "3", "--requests", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)  # noqa: S603 - ours
    assert done.returncode != 0
    assert "without a request" in done.stderr
