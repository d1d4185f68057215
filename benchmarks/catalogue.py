"""How long it takes to see what can run: ``python -m benchmarks.catalogue [--json]``.

Every request looks at all task types; the Hub is never asked meanwhile.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

from tools.models.catalog import offered
from tools.models.hub import known
from tools.protocol import Backend, Candidate
from tools.registry import BACKENDS
from tools.settings import override
from tools.tasks import TASKS


def median_ms(look: Callable[[], object], repeats: int) -> float:
    """Milliseconds of a warm look."""
    look()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        look()
        times.append(time.perf_counter() - begun)
    return round(statistics.median(times) * 1000, 3)


def candidates_of(backend: Backend) -> list[Sequence[Candidate]]:
    """What could do each task there."""
    return [backend.candidates(task) for task in TASKS.values()]


def measure(repeats: int) -> dict[str, float]:
    """What the Hub is known to have, the candidates of each backend, and what is offered, for all task types."""
    override(catalogue_age=0)
    looks: dict[str, Callable[[], object]] = {"facts": lambda: [known(name) for name in TASKS]}
    looks |= {name: partial(candidates_of, backend) for name, backend in BACKENDS.items()}
    looks["offered"] = offered
    return {name: median_ms(look, repeats) for name, look in looks.items()}


def main() -> None:
    """Parse the options and run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--repeats", type=int, default=20, help="looks, of which the median counts")
    chosen = options.parse_args()
    measured = measure(chosen.repeats)
    if chosen.json:
        print(json.dumps(measured))
        return
    for name, taken in measured.items():
        print(f"{name:10} {taken:8.3f} ms for all {len(TASKS)} task types")


if __name__ == "__main__":
    main()
