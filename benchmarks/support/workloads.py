"""Plans to measure the engine by: how long each task takes, and what it needs."""

import random
from collections.abc import Mapping

Tasks = dict[int, tuple[float, tuple[int, ...]]]  # id: seconds, dependencies

TEXT = "text2text-generation"
PAPER = ("openpose-control", "image-to-text", "openpose-text-to-image")
PICTURE = "bench.png"
FIRST_TOKEN, PER_TOKEN = 0.3, 0.002  # seconds that a language model takes
ANSWER = "Here is what came of it. " + "Every task was done, and each says in its own words what it found. " * 8


def random_dag(count: int = 50, seed: int = 88) -> Tasks:
    """A seeded graph of tasks of 0.05 to 0.5 s, each with up to two dependencies among the eight before it."""
    chance = random.Random(seed)
    tasks: Tasks = {}
    for number in range(count):
        near = range(max(0, number - 8), number)
        needs = chance.sample(near, min(len(near), chance.choice([0, 1, 1, 2])))
        tasks[number] = (round(chance.uniform(0.05, 0.5), 3), tuple(sorted(needs)))
    return tasks


WORKLOADS: dict[str, Tasks] = {
    "single": {0: (0.5, ())},
    "independent5": dict.fromkeys(range(5), (0.5, ())),
    "chain5": {number: (0.5, (number - 1,) if number else ()) for number in range(5)},
    "unbalanced": {0: (0.1, ()), 1: (1.0, (0,)), 2: (1.0, ()), 3: (0.1, (2,))},
    "diamond": {0: (0.2, ()), 1: (0.5, (0,)), 2: (0.3, (0,)), 3: (0.2, (1, 2))},
    "fan20": dict.fromkeys(range(20), (0.5, ())),
    "random50": random_dag(),
    "paper": {0: (0.5, ()), 1: (0.6, ()), 2: (1.0, (0, 1))},
    "noop200": dict.fromkeys(range(200), (0.0, ())),
}


def critical_path(tasks: Tasks, known: Mapping[int, float] | None = None) -> float:
    """Seconds that nobody can go below, where each task is ``known`` from the start or from a moment on."""
    ends: dict[int, float] = {}
    for number, (seconds, needs) in tasks.items():
        ends[number] = seconds + max([(known or {}).get(number, 0.0), *(ends[need] for need in needs)])
    return max(ends.values())


def plan(name: str) -> list[dict[str, dict[str, str]]]:
    """The tasks of a workload as a language model writes them; a sleeping model's text begins with its seconds."""
    if name == "paper":
        controlled = {"text": "<r1>", "image": "<r0>"}
        return [{task: controlled if task == PAPER[2] else {"image": PICTURE}} for task in PAPER]
    tasks = WORKLOADS[name].values()
    return [{TEXT: {"text": f"{seconds}{''.join(f' <r{need}>' for need in needs)}"}} for seconds, needs in tasks]


def seconds(task: str, text: str) -> float:
    """How long a model sleeps over a task."""
    return WORKLOADS["paper"][PAPER.index(task)][0] if task in PAPER else float(text.split()[0])
