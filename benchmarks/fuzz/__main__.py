"""Runs cases of a seed, and prints for each target how many there were, what went wrong, and the memory."""

import argparse
import asyncio
import json
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from benchmarks.fuzz.targets import SHARES, Case, opened

LONGEST = 20.0  # seconds that one case may take
MEGABYTE = 2**20


class Hang(BaseException):
    """A case has taken longer than it may."""


@dataclass
class Tally:
    """What came of a target's cases. ``crashes`` counts kinds of errors that are none of ours, by their place."""

    cases: int = 0
    crashes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)  # the seed of the first case of each, and its words
    hangs: int = 0
    slowest: float = 0.0


async def fuzz(cases: int, seed: int, only: str = "") -> dict[str, Tally]:
    """So many cases, divided among the targets by their shares; each is a pure function of the seed and its number."""
    shares = {only: 100} if only else SHARES
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as targets:
            return {
                name: await _target(name, targets[name], cases * share // 100, seed) for name, share in shares.items()
            }


async def _target(name: str, case: Case, cases: int, seed: int) -> Tally:
    tally = Tally(cases)
    for number in range(cases):
        begun = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, LONGEST)
        try:
            await case(random.Random(f"{seed} {name} {number}"))
        except Hang:
            tally.hangs += 1
            tally.examples.setdefault("hang", f"case {number}")
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            where = _where(error)
            tally.crashes[where] += 1
            tally.examples.setdefault(where, f"case {number}: {str(error)[:300]}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        tally.slowest = max(tally.slowest, time.monotonic() - begun)
    return tally


def _where(error: BaseException) -> str:
    frame, place = error.__traceback__, "?"
    while frame:
        code = frame.tb_frame.f_code
        if not code.co_filename.startswith(("<", sys.prefix)):
            place = f"{Path(code.co_filename).name}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"{type(error).__name__} at {place}"


def ring(_sign: int, _frame: FrameType | None) -> None:
    """What the alarm clock of a case does. Raises Hang."""
    raise Hang


def peak() -> float:
    """Megabytes that this process has taken at the most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def show(tallies: Mapping[str, Tally]) -> None:
    """Print what came of it."""
    for name, tally in tallies.items():
        findings = f"{tally.crashes.total()} crashes, {tally.hangs} hangs"
        print(f"{name}: {tally.cases:,} cases, {findings}, slowest {tally.slowest:.1f} s")
        for where, count in tally.crashes.most_common():
            print(f"  {count} x {where}: {tally.examples[where]}")
    print(f"peak memory: {peak():.0f} MB")


def main() -> None:
    """Parse the options, run, print; the exit status tells whether anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=SHARES, default="", help="one target")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write one JSON object")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, ring)
    tallies = asyncio.run(fuzz(options.cases, options.seed, options.only))
    show(tallies)
    if options.json:
        findings = {name: {**vars(tally), "crashes": dict(tally.crashes)} for name, tally in tallies.items()}
        options.json.write_text(json.dumps({"targets": findings, "peak_mb": round(peak())}, indent=1))
    sys.exit(any(tally.crashes or tally.hangs for tally in tallies.values()))


if __name__ == "__main__":
    main()
