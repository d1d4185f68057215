"""The Gantt chart of a request."""

from rich.console import Console

from app.cli.gantt import gantt
from graph.state import Result


def result(id_: int, queued: float, started: float, ended: float) -> Result:
    return Result(id=id_, task="image-to-text", status="done", queued=queued, started=started, ended=ended)


def drawn(*results: Result, width: int = 80) -> list[str]:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(gantt(list(results), width))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_bars_share_one_axis_and_show_the_wait_for_a_device() -> None:
    first, second = drawn(result(0, 0, 0, 1), result(1, 1, 1.5, 2))
    assert abs(first.count("█") - (second.index("░") - first.index("█"))) <= 1
    assert abs(second.count("░") - second.count("█")) <= 1
    assert first.endswith("1.00 s")


def test_a_task_too_short_for_a_column_is_still_seen() -> None:
    assert "▏" in drawn(result(0, 0, 0, 100), result(1, 0, 0, 0.001))[1]


def test_the_chart_fits_narrow_terminals() -> None:
    assert all(len(line) <= 60 for line in drawn(result(0, 0, 0, 1), result(1, 1, 1, 2), width=60))


def test_nothing_ran_nothing_drawn() -> None:
    assert gantt([Result(id=0, task="x", status="skipped")], 80) is None
