"""Runs the rows one after the other and prints one table: fault, expected, seen, ok."""

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.faults import databases, local, on_disk, on_server, over_http, processes
from benchmarks.faults.bench import PAGES, PLAN, Bench, Row, Seen, place
from benchmarks.support.faulty import faulty

GRACE = 5.0  # seconds beyond a row's limit in which its event loop has to answer
_SHOWN = 150  # characters of what is told


@dataclass(frozen=True)
class Outcome:
    """What came of a row; nothing is ``wrong`` where all is as it must be."""

    row: Row
    seen: str
    wrong: list[str]
    seconds: float

    def fact(self) -> dict[str, object]:
        """The same as JSON."""
        row = {"stage": self.row.stage, "fault": self.row.fault, "expected": expected(self.row)}
        return {**row, "seen": self.seen, "ok": not self.wrong, "wrong": self.wrong, "seconds": round(self.seconds, 2)}


def rows(*, quick: bool = False) -> list[Row]:
    """All rows, or those that are run with every change."""
    every = chain(over_http.rows(), on_disk.rows(), processes.rows(), databases.rows(), local.rows(), on_server.rows())
    return [row for row in every if row.quick or not quick]


def expected(row: Row) -> str:
    """What must be seen, in words."""
    finished = f"tasks {', '.join(map(str, sorted(row.done)))} done" if row.done else "an end"
    sentence = re.sub(r"[()^]", "", row.says).replace(".*", " ... ").replace("|", " or ")
    return f"{finished}; told: {sentence}" if sentence else finished


def observe(row: Row) -> Outcome:
    """Let the fault befall a request, in a thread of its own: what blocks its event loop is seen as a hang, too."""
    seen: list[Seen] = []
    begun, thread = time.monotonic(), threading.Thread(target=lambda: seen.append(_befall(row)), daemon=True)
    thread.start()
    thread.join(row.limit + GRACE)
    seconds = time.monotonic() - begun
    if not seen:
        return Outcome(row, "nothing", ["a hang that nothing ended"], seconds)
    return Outcome(row, shown(seen[0]), row.judge(seen[0]), seconds)


def _befall(row: Row) -> Seen:
    with faulty(PLAN, PAGES) as server, tempfile.TemporaryDirectory() as folder, place(Path(folder), server) as bench:
        return asyncio.run(_within(row, bench))


async def _within(row: Row, bench: Bench) -> Seen:
    try:
        async with asyncio.timeout(row.limit):
            return await row.befall(bench)
    except TimeoutError:
        return Seen(bug=f"a hang: no end within {row.limit:g} s")
    except Exception as error:  # noqa: BLE001 - of the row itself
        return Seen(bug=f"{type(error).__name__}: {error}")


def shown(seen: Seen) -> str:
    """What was seen, in a line."""
    done = f"tasks {', '.join(map(str, sorted(seen.done)))} done" if seen.done else "nothing done"
    words = " ".join(seen.words.replace("http://127.0.0.1:", ":").split())
    return f"{done}; {words[:_SHOWN]}"


def table(outcomes: Iterable[Outcome]) -> Table:
    """Fault, expected, seen, ok."""
    made = Table("stage", "fault", "expected", "seen", "ok", "s")
    for outcome in outcomes:
        row, ok = outcome.row, "; ".join(outcome.wrong) or "ok"
        made.add_row(row.stage, row.fault, expected(row), outcome.seen, ok, f"{outcome.seconds:.1f}")
    return made


def markdown(outcomes: Iterable[Outcome]) -> str:
    """The same as a table of a document."""
    lines = ["| stage | fault | expected | seen | ok |", "| --- | --- | --- | --- | --- |"]
    for outcome in outcomes:
        done, _, words = outcome.seen.partition("; ")
        seen = f"{done}{'; told' if words and outcome.row.says else ''}"
        ok = "; ".join(outcome.wrong) or "ok"
        lines.append(f"| {outcome.row.stage} | {outcome.row.fault} | {expected(outcome.row)} | {seen} | {ok} |")
    return "\n".join(lines)


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write one JSON object")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table as a document has it")
    parser.add_argument("--only", metavar="WORDS", default="", help="rows whose stage or fault holds these words")
    parser.add_argument("--quick", action="store_true", help="the rows that are run with every change")
    options = parser.parse_args()
    chosen = [row for row in rows(quick=options.quick) if options.only in f"{row.stage}: {row.fault}"]
    outcomes = []
    for row in chosen:
        outcomes.append(observe(row))
        print(f"{'ok  ' if not outcomes[-1].wrong else 'WRONG'} {row.stage}: {row.fault}", flush=True)
    Console(width=200).print(table(outcomes))
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    print(f"{len(outcomes)} faults, {len(outcomes) - len(wrong)} as they must be, {len(wrong)} not")
    if options.json:
        options.json.write_text(json.dumps({"rows": [outcome.fact() for outcome in outcomes]}, indent=1))
    if options.markdown:
        options.markdown.write_text(markdown(outcomes))
    sys.stdout.flush()
    os._exit(bool(wrong))  # what hangs in a thread must not keep the program from ending


if __name__ == "__main__":
    main()
