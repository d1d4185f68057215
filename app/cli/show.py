"""What a person sees: the plan, parallel branches as they run, the answer, the files and a timeline.

The answer and the paths of files go to stdout; everything else goes to stderr, live on a terminal and as
plain lines into a pipe.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from app.cli.gantt import gantt
from app.progress import Progress, Row
from app.run import Report
from graph.answer import parted
from graph.state import Plan, Task

MARKS = {
    "done": Text("✓", style="green"),
    "failed": Text("✗", style="red"),
    "skipped": Text("-", style="yellow"),
    "cancelled": Text("-", style="yellow"),
}
NEXT = {"plan": "Choosing models", "execute": "Writing the answer"}
TOLD = {"retry", "fallback", "finished", "failed", "skipped"}  # each step once, when it has ended
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)]+)\)")


class Quiet:
    """Nothing is shown: the JSON object at the end says it all."""

    def __enter__(self) -> "Quiet":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def stage(self, name: str, update: Mapping[str, Any]) -> None:
        """Say nothing."""

    def event(self, event: Mapping[str, Any]) -> None:
        """Say nothing."""

    def token(self, text: str) -> None:
        """Say nothing."""

    def pause(self) -> None:
        """There is nothing to pause."""


class Show:
    """Tells a person what happens, on a terminal or line by line.

    ``how`` also shows the plan, how the answer came about, and when what ran.
    """

    def __init__(self, *, how: bool = False) -> None:
        self.how = how
        self.out, self.err = Console(highlight=False), Console(stderr=True, highlight=False)
        self.progress, self.answer, self.doing = Progress(), "", "Planning"
        self._spinner = Spinner("dots", style="cyan")
        self._live: Live | None = None

    def __enter__(self) -> "Show":
        self._start(self.err, self._table)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def stage(self, name: str, update: Mapping[str, Any]) -> None:
        """A stage has ended."""
        if plan := update.get("plan"):
            self._planned(plan)
        for result in update.get("results") or []:
            if row := self.progress.rows.get(result.id):
                row.settle(result)
        self.doing = NEXT.get(name, "")

    def pause(self) -> None:
        """Leave the terminal to somebody else, until a stage ends or a task moves on."""
        if self._live:
            self._live.transient = True
        self._stop()

    def _planned(self, plan: Plan) -> None:
        """Print the plan and follow its tasks."""
        self._stop()
        self.progress.begin(plan)
        if self.how:
            print_plan(plan, self.err)
            self.err.print()
        self._start(self.err, self._table)

    def event(self, event: Mapping[str, Any]) -> None:
        """Fold the event in; without a terminal say it in a line."""
        row = self.progress.event(event)
        if event["event"] == "planned":
            self.doing = f"Planning: {', '.join(self.progress.written)}"
        if not self._live:
            self._start(self.err, self._table)
        if row and not self.err.is_terminal and event["event"] in TOLD:
            self.err.print(_line(row, event["event"]), soft_wrap=True)

    def token(self, text: str) -> None:
        """Show the answer as it grows."""
        if not self.answer:
            self._stop()
            self._start(self.out, lambda: Group("", _rendered(self._shown(self.answer))))
        self.answer += text

    def report(self, report: Report) -> None:
        """The answer where it was not shown as it grew, the files and the timeline."""
        if self.answer:
            self.answer = report.answer or self.answer  # as checked against the files, and with the workflow below it
        self._stop()
        if not report.plan and report.exit_code:
            self.err.print(Text(report.answer, style="yellow"), soft_wrap=not self.err.is_terminal)
        elif report.answer and not (self.answer and self.out.is_terminal):
            words = self._shown(report.answer)
            self.out.print("\n" if self.out.is_terminal else "", end="")
            self.out.print(
                _rendered(words) if self.out.is_terminal else Text(words), soft_wrap=not self.out.is_terminal
            )
        if self.how and len(report.results) > 1 and (chart := gantt(report.results, self.err.width)):
            self.err.print(Text("\nTimeline", style="bold").append(f"  {_totals(report)}", style="not bold dim"))
            self.err.print(chart)

    def _shown(self, answer: str) -> str:
        """The answer, with how it came about only where that is wanted; files by their paths."""
        words = answer if self.how else parted(answer)[0]
        return _LINK.sub(lambda link: link[1], words)

    def _start(self, console: Console, draw: Callable[[], RenderableType]) -> None:
        if console.is_terminal:
            self._live = Live(get_renderable=draw, console=console, refresh_per_second=12, vertical_overflow="visible")
            self._live.start()

    def _stop(self) -> None:
        self.doing = ""
        if self._live:
            self._live.stop()
            self._live = None

    def _table(self) -> RenderableType:
        table, rows = Table.grid(padding=(0, 1)), self.progress.rows.values()
        space = self.err.width - 14 - max((len(_name(row.task)) for row in rows), default=0)
        model = min(space // 2, max((len(row.model) for row in rows), default=0))
        for row in rows:
            mark = MARKS.get(row.status) or (self._spinner if row.status == "running" else Text("·", style="dim"))
            seconds = "" if row.seconds is None else f"{row.seconds:.1f} s"
            table.add_row(" ", mark, _name(row.task), _cut(row.model, model, "dim"), seconds, _note(row, space - model))
        if not self.doing:
            return table
        doing = Table.grid(padding=(0, 1))
        doing.add_row(" ", self._spinner, Text(self.doing, style="dim"))
        return Group(table, doing)


def _rendered(answer: str) -> Markdown:
    """The answer for a terminal, line breaks kept."""
    return Markdown(answer.replace("\n", "  \n"))


def _note(row: Row, width: int) -> RenderableType:
    if row.step:
        return ProgressBar(total=row.step[1], completed=row.step[0], width=min(width, 20))
    return _cut(row.note, width, "red" if row.status == "failed" else "dim")


def _name(task: Task) -> Text:
    return Text(f"{task.id} ", style="dim").append(task.task, style="not dim")


def _cut(words: str, width: int, style: str = "") -> Text:
    """The words on one line of at most that many columns."""
    text = Text(words, style=style)
    text.truncate(max(width, 1), overflow="ellipsis")
    return text


def _line(row: Row, kind: str) -> Text:
    seconds = f" in {row.seconds:.2f} s" if kind == "finished" and row.seconds is not None else ""
    model = f" on {row.model}" if row.model and kind == "started" else ""
    note = f": {row.note}" if row.note and kind != "started" else ""
    return Text(f"{row.task.id} {row.task.task} {kind}{model}{seconds}{note}")


def print_plan(plan: Plan, console: Console) -> None:
    """One line per task: its id, type, arguments and what it waits for."""
    table = Table.grid(padding=(0, 1))
    space = console.width - 12 - max(len(_name(task)) for task in plan.tasks)
    for task in plan.tasks:
        after = f"after {', '.join(map(str, task.dep))}" if task.dep else ""
        table.add_row("  ", _name(task), _args(task, space), Text(after, style="dim"))
    console.print(Text("Plan", style="bold"))
    console.print(table)
    for note in plan.notes:
        console.print(Text(f"   {note}", style="yellow"))


def _args(task: Task, width: int) -> Text:
    text = Text(style="cyan")
    for name, value in task.args.items():
        text.append(f"{name}=", style="dim").append(" ".join(str(value).split())).append("  ")
    text.truncate(max(width, 1), overflow="ellipsis")
    return text


def _totals(report: Report) -> str:
    used = report.usage.get("total")
    tokens = f", {used['calls']} model calls, {used.get('input_tokens', 0):,} tokens in" if used else ""
    written = f", {used.get('output_tokens', 0):,} out" if used else ""
    return f"{report.timings['total']:.2f} s in all{tokens}{written}"
