"""Everyday requests with our planners: ``python -m benchmarks.everyday --data FILE --controller offline``.

Every task type is on offer, whatever is installed. ``--predictions`` writes a line for each request: its outcome (plan,
ask, chat, refuse), its tasks and the words that the user would read. What a line of the data means: FORMAT.md.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.everyday_data import Everyday, load
from benchmarks.everyday_scoring import score
from benchmarks.planners import planner_of
from graph.planning.draft import Draft
from tools.errors import HuggingGPTError
from tools.tasks import TASKS


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as the command line says; errors the user can mend end in one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="benchmarks.everyday", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="requests, one JSON object a line")
    parser.add_argument("--controller", default="offline", help="offline, or provider:model")
    parser.add_argument("--predictions", type=Path, help="where predictions are written")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    options = parser.parse_args(arguments)
    try:
        report = asyncio.run(run(options.data, options.controller, options.predictions))
    except HuggingGPTError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    print(json.dumps(report)) if options.json else show(report)


async def run(data: Path, controller: str, kept: Path | None = None) -> dict[str, Any]:
    """Predict every request and score them; ``median_ms`` is the median planning time.

    Raises:
        InputError: the data cannot be read.
        ConfigError: there is no such controller.
    """
    requests, planner = load(data), planner_of(controller, TASKS)
    predictions: dict[str, dict[str, Any]] = {}
    seconds: list[float] = []
    for everyday in track(requests, "Planning", console=Console(stderr=True), disable=not sys.stderr.isatty()):
        started = time.perf_counter()
        draft = await planner(everyday.request, everyday.files)
        seconds.append(time.perf_counter() - started)
        predictions[everyday.id] = prediction(everyday, draft)
    if kept:
        keep(kept, predictions.values())
    timing = round(1000 * statistics.median(seconds), 3)
    return {"controller": controller, "median_ms": timing, **score(requests, predictions)}


def keep(path: Path, predictions: Iterable[dict[str, Any]]) -> None:
    """Write the predictions, one JSON object a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in predictions), encoding="utf-8")


def prediction(everyday: Everyday, draft: Draft) -> dict[str, Any]:
    """A draft as a line of predictions; a model's words without a plan are a chat."""
    tasks = [{"task": task.task, "id": task.id, "args": task.args} for task in draft.tasks]
    chat = draft.small_talk or (draft.refusal and draft.exit_code == 0)
    outcome = "plan" if tasks else "ask" if draft.question else "chat" if chat else "refuse"
    return {"id": everyday.id, "outcome": outcome, "tasks": tasks, "text": draft.question or draft.refusal or ""}


def show(report: dict[str, Any]) -> None:
    """Print the report as a table."""
    table = Table("", "right", "requests", title=f"Everyday requests, {report['controller']}")
    for kind, row in report["kinds"].items():
        table.add_row(kind, str(row["right"]), str(row["samples"]))
    console = Console()
    console.print(table)
    console.print(f"right {report['right']} %, wrong plans {report['wrong_plans']} %", highlight=False)
    console.print(f"planning: {report['median_ms']:.1f} ms median", highlight=False)


if __name__ == "__main__":
    main()
