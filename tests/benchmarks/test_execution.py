import json
import subprocess
import sys

import pytest

from benchmarks.support.workloads import WORKLOADS, critical_path, random_dag


def test_the_critical_path_is_the_longest_way_through_the_plan() -> None:
    assert critical_path(WORKLOADS["unbalanced"]) == pytest.approx(1.1)
    assert critical_path(WORKLOADS["diamond"]) == pytest.approx(0.9)
    assert critical_path(WORKLOADS["noop200"]) == 0
    assert critical_path(WORKLOADS["unbalanced"], {0: 0.4, 2: 0.2}) == pytest.approx(1.5)


def test_the_random_plan_is_the_same_every_time() -> None:
    assert random_dag() == random_dag()
    assert random_dag() != random_dag(seed=8)


@pytest.mark.nightly
def test_the_benchmark_measures_every_road_against_the_critical_path() -> None:
    command = [sys.executable, "-m", "benchmarks.execution", "--json", "--repeats", "1", "--at-once", "16"]
    command += ["--only", "unbalanced", "paper", "noop200"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)  # noqa: S603 - our own
    measured = json.loads(done.stdout)
    assert list(measured) == ["http", "waiting", "bare", "in_process"]
    for name, road in measured.items():
        unbalanced, noop = road["workloads"]["unbalanced"], road["workloads"]["noop200"]
        # Tasks that begin while the plan is being written shorten the makespan, which counts from the plan's end
        assert unbalanced["wall_s"] >= unbalanced["critical_path_s"] == pytest.approx(1.1)
        assert unbalanced["wall_s"] > unbalanced["early_floor_s" if name == "http" else "floor_s"] > 1.1
        assert unbalanced["makespan_s"] > (0 if name == "http" else unbalanced["critical_path_s"])
        assert unbalanced["cpu_s"] > 0
        assert noop["makespan_s"] > noop["critical_path_s"] == 0
        assert road["at_once"]["16"]["failed"] == 0
