"""What a person sees: the plan, parallel branches as they run, the answer, the files and a timeline.

The answer and the paths of files go to stdout; everything else goes to stderr, live on a terminal and as
plain lines into a pipe.
"""

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from app.progress import Progress, Row
from app.run import Report
from app.timeline import timeline
from graph.state import Plan, Result, Task

MARKS = {
    "waiting": ("·", "dim"),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("-", "yellow"),
    "cancelled": ("-", "yellow"),
}


class Quiet:
    """Nothing is shown: the JSON object at the end says it all."""

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def event(self, event: dict[str, Any]) -> None:
        """Say nothing."""

    def token(self, text: str) -> None:
        """Say nothing."""

    def __enter__(self) -> "Quiet":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class Show:
    """Tells a person what happens, on a terminal or line by line."""

    def __init__(self, out: Console | None = None, err: Console | None = None) -> None:
        self.out = out or Console(highlight=False)
        self.err = err or Console(stderr=True, highlight=False)
        self.progress = Progress()
        self.answer = ""
        self._live: Live | None = None

    def __enter__(self) -> "Show":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def planned(self, plan: Plan) -> None:
        """Print the plan and start following its tasks."""
        self._stop()
        self.progress.plan(plan)
        print_plan(plan, self.err)
        if self.err.is_terminal:
            self._live = Live(get_renderable=self._table, console=self.err, refresh_per_second=12)
            self._live.start()

    def event(self, event: dict[str, Any]) -> None:
        """Fold the event in; without a terminal say it in a line."""
        row = self.progress.event(event)
        if row and not self._live and event["event"] in {"started", *MARKS}:
            self.err.print(_line(row), soft_wrap=True)

    def token(self, text: str) -> None:
        """Show the answer as it grows."""
        if not self.answer:
            self._stop()
            self.out.print()
            if self.out.is_terminal:
                self._live = Live(get_renderable=lambda: Markdown(self.answer), console=self.out)
                self._live.start()
        self.answer += text

    def report(self, report: Report) -> None:
        """The answer where it was not streamed, the files and the timeline."""
        self._stop()
        if not self.answer and report.answer:
            self.out.print()
            self.out.print(Markdown(report.answer) if self.out.is_terminal else Text(report.answer), soft_wrap=True)
        elif not self.out.is_terminal:
            self.out.print(Text(self.answer), soft_wrap=True)
        _print_files(report.results, self.out)
        if chart := timeline(report.results, self.err.width):
            self.err.print(Text(f"\nTimeline ({report.timings.get('total', 0):.2f} s in all)", style="bold"))
            self.err.print(chart)

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for row in self.progress.rows.values():
            running = row.status == "running"
            symbol, style = MARKS.get(row.status, ("", "cyan"))
            mark = Spinner("dots", style="cyan") if running else Text(symbol, style=style)
            seconds = "" if row.seconds is None else f"{row.seconds:.1f} s"
            table.add_row(
                "",
                mark,
                f"{row.task.id} {row.task.task}",
                Text(row.model, style="dim"),
                seconds,
                Text(row.note, style=style),
            )
        return table


def print_plan(plan: Plan, console: Console) -> None:
    """One line per task: its id, type, arguments and what it waits for."""
    table = Table.grid(padding=(0, 2))
    for task in plan.tasks:
        after = f"after {', '.join(map(str, task.dep))}" if task.dep else ""
        table.add_row(Text(f"  {task.id}"), Text(task.task, style="bold"), _args(task), Text(after, style="dim"))
    console.print(Text("Plan", style="bold"))
    console.print(table)
    for note in plan.notes:
        console.print(Text(f"  note: {note}", style="yellow"))


def _args(task: Task) -> Text:
    text = Text(overflow="ellipsis", no_wrap=True)
    for name, value in task.args.items():
        text.append(f"{name}=", style="dim").append(f"{value} ")
    return text


def _line(row: Row) -> Text:
    seconds = "" if row.seconds is None or row.status == "running" else f" in {row.seconds:.2f} s"
    on = f" on {row.model}" if row.model else ""
    note = f": {row.note}" if row.note else ""
    return Text(f"[{row.task.id}] {row.task.task} {row.status}{on}{seconds}{note}")


def _print_files(results: list[Result], console: Console) -> None:
    files = [(path, result) for result in results for path in result.files]
    if files:
        console.print(Text("\nFiles", style="bold"))
    for path, result in files:
        console.print(Text(f"  {path}").append(f"  ({result.task})", style="dim"), soft_wrap=True)
