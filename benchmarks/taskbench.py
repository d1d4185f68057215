"""TaskBench with our planners: ``python -m benchmarks.taskbench --data dev.jsonl --controller offline``.

Scores n-F1, e-F1, t-F1 and v-F1 as the set's own evaluation does, and the measures of HuggingGPT's own paper.
``--data hub`` takes the whole public set from the Hub. With ``--predictions`` every prediction is kept in the set's
own form, and a run that was cut short goes on where it stopped.
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

from huggingface_hub import hf_hub_download
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.planners import planner_of
from benchmarks.taskbench_data import HUB_DATASET, HUB_FILE, Sample, load, prediction, toolset
from benchmarks.taskbench_scoring import KINDS, scores
from tools.errors import HuggingGPTError, InputError

TOOLS = toolset()


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as the command line says; errors the user can mend end in one sentence and exit code 2."""
    options = _parser().parse_args(arguments)
    try:
        report = asyncio.run(run(options.data, options.controller, options.predictions))
    except HuggingGPTError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    print(json.dumps(report)) if options.json else show(report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.taskbench", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="samples, one JSON object a line; or hub, for the public set")
    parser.add_argument("--controller", default="offline", help="offline, or provider:model")
    parser.add_argument("--predictions", type=Path, help="where predictions are kept, and taken from to go on")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    return parser


async def run(data: str, controller: str, kept: Path | None = None) -> dict[str, Any]:
    """Predict every sample that has no prediction yet, and score them all.

    ``median_ms`` is the median planning time of the samples planned in this run, None where there were none.

    Raises:
        InputError: the data or the predictions cannot be read.
        ConfigError: there is no such controller.
    """
    samples = samples_of(data)
    planner = planner_of(controller, TOOLS)
    predictions = read_predictions(kept) if kept else {}
    waiting = [sample for sample in samples if sample.id not in predictions]
    seconds: list[float] = []
    for sample in track(waiting, "Planning", console=Console(stderr=True), disable=not sys.stderr.isatty()):
        started = time.perf_counter()
        draft = await planner(sample.request, sample.files)
        seconds.append(time.perf_counter() - started)
        record = prediction(sample, draft.tasks)
        predictions[sample.id] = record["result"]["task_nodes"]
        if kept:
            keep(kept, record)
    timing = round(1000 * statistics.median(seconds), 3) if seconds else None
    return {"controller": controller, "samples": len(samples), "median_ms": timing, **scores(samples, predictions)}


def samples_of(data: str) -> list[Sample]:
    """The samples of a file, or of the public set on the Hub."""
    path = hf_hub_download(HUB_DATASET, HUB_FILE, repo_type="dataset") if data == "hub" else data
    try:
        samples = load(Path(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{data} cannot be read as TaskBench samples ({error}); give one JSON object a line."
        ) from error
    if not samples:
        raise InputError(f"{data} holds no samples; give one JSON object a line.")
    return samples


def read_predictions(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The predictions kept so far, by sample; a last line that was cut short is dropped."""
    if not path.exists():
        return {}
    records = list(_whole(path.read_text(encoding="utf-8").splitlines()))
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return {str(record["id"]): record["result"]["task_nodes"] for record in records}


def _whole(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def keep(path: Path, record: dict[str, Any]) -> None:
    """Add one prediction, on disk before the next is made."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def show(report: dict[str, Any]) -> None:
    """Print the report as two tables."""
    console = Console()
    table = Table("", "samples", "n-F1", "e-F1", "t-F1", "v-F1", title=f"TaskBench, {report['controller']}")
    for name in ("overall", *KINDS):
        row = report[name]
        table.add_row(name, str(row["samples"]), *(f"{row[key]:.2f}" for key in ("n_f1", "e_f1", "t_f1", "v_f1")))
    console.print(table)
    table = Table("", "accuracy", "precision", "recall", "F1", "edit distance", title="Measures of the paper")
    for name, row in report["paper"].items():
        table.add_row(name, *(f"{row[key]:.2f}" for key in ("accuracy", "precision", "recall", "f1", "edit_distance")))
    console.print(table)
    if report["median_ms"] is not None:
        console.print(f"planning: {report['median_ms']:.2f} ms median")


if __name__ == "__main__":
    main()
