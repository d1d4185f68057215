"""What ran when: a small Gantt chart of a request's tasks."""

from rich.table import Table
from rich.text import Text

from graph.state import Result

STYLE = {"done": "green", "failed": "red", "skipped": "dim", "cancelled": "yellow"}
_EIGHTHS = " ▏▎▍▌▋▊▉"


def gantt(results: list[Result], width: int) -> Table | None:
    """One bar per task that ran, on a common time axis; waiting for a free device is drawn lightly.

    ``width`` is in columns of the terminal. None when nothing ran.
    """
    ran = [r for r in results if r.started is not None and r.ended is not None]
    if not ran:
        return None
    begun = min(r.queued or r.started or 0 for r in ran)
    span = max(max(r.ended or 0 for r in ran) - begun, 1e-3)
    columns = max(10, width - max(len(r.task) for r in ran) - 19)
    table = Table.grid(padding=(0, 1))
    for result in sorted(ran, key=lambda r: r.started or 0):
        table.add_row(
            "  ", Text(str(result.id), style="dim"), result.task, _bar(result, begun, columns / span), _seconds(result)
        )
    return table


def _bar(result: Result, begun: float, scale: float) -> Text:
    started, ended = result.started or begun, result.ended or begun
    queued = round(((result.queued or started) - begun) * scale)
    first, length = round((started - begun) * scale), (ended - started) * scale
    full, rest = divmod(round(length * 8), 8)
    blocks = "█" * full + (_EIGHTHS[rest] if rest else "") or "▏"
    return Text(" " * queued) + Text("░" * (first - queued), style="dim") + Text(blocks, style=STYLE[result.status])


def _seconds(result: Result) -> str:
    return "reused" if result.cached else f"{(result.ended or 0) - (result.started or 0):.2f} s"
