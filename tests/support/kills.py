"""Kills a real process at many moments, beside busy ones.

python -m tests.support.kills [--kills 50] [--busy 2] [--postgres]
"""

import argparse
import random
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

from benchmarks.support.databases import postgres
from tests.support.lives import work


@dataclass
class Tally:
    """What many kills came to: tasks that were told finished, and those of them that began again; tasks begun.

    A kill between the record of a result and the telling leaves a task untold. Where nobody kills, none may be:
    ``silent`` are those that began in the last life and were not told finished.
    """

    kills: int = 0
    begun: int = 0
    told: int = 0
    repeated: int = 0
    silent: int = 0


def processes() -> ForkServerContext:
    """Where lives begin: all modules are loaded already."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.support.lives"])
    return context


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Let so many processes compute without a pause."""
    spinning = [processes().Process(target=_spin, daemon=True) for _ in range(number)]
    for process in spinning:
        process.start()
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.join()


def request(folder: Path, seed: int, longest: float, limit: int, database: str | None = None) -> Tally:
    """One request, whose process is killed within ``longest`` seconds of its first task, at most ``limit`` times.

    It is kept in the folder, or in the database at that address.
    """
    chance, tally, context = random.Random(seed), Tally(), processes()
    folder.mkdir(exist_ok=True)
    log = folder / "log"
    log.touch()
    for life in count():
        size, process = log.stat().st_size, context.Process(target=work, args=(folder, seed, database))
        process.start()
        while process.is_alive() and log.stat().st_size == size:
            process.join(0.005)
        process.join(chance.uniform(0, longest) if life < limit else 60)
        process.kill()  # SIGKILL, unless it has just ended
        process.join(10)
        assert process.exitcode in {0, -signal.SIGKILL}
        tally.kills += process.exitcode != 0
        if (folder / "ended").exists():
            return _told(log, tally, size)
    raise AssertionError("a life without limit ends")


def _told(log: Path, tally: Tally, last: int) -> Tally:
    told: set[str] = set()
    for what, task in (line.split() for line in log.read_text().splitlines()):
        if what == "told":
            told.add(task)
        else:
            tally.begun += 1
            tally.repeated += task in told
    tally.told = len(told)
    begun = [line.split()[1] for line in log.read_text()[last:].splitlines() if line.startswith("began")]
    tally.silent = len(set(begun) - told)
    return tally


def _spin() -> None:
    while True:
        pass


def main() -> None:
    """Kill until there were enough, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--busy", type=int, default=2, help="processes that compute meanwhile")
    parser.add_argument("--postgres", action="store_true", help="keep the requests in a Postgres of their own")
    options = parser.parse_args()
    total = Tally()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres() if options.postgres else nullcontext() as database,
        busy(options.busy),
    ):
        for seed in count():
            if total.kills >= options.kills:
                break
            left, url = options.kills - total.kills, database.url if database else None
            one = request(Path(folder) / str(seed), seed, 0.3, left, url)
            total = Tally(*(a + b for a, b in zip(vars(total).values(), vars(one).values(), strict=True)))
    print(f"{total.kills} kills, {total.told} tasks told finished, {total.repeated} of them ran again,", end=" ")  # noqa: T201
    print(f"{total.begun} began in all")  # noqa: T201


if __name__ == "__main__":
    main()
