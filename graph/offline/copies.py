"""Several files for a slot that takes one: the task, and what follows from it, once for each of them."""

from collections.abc import Sequence

from graph.offline import wording
from graph.offline.reading import Reading
from graph.state import Task
from tools.files.resources import modality


def spread(tasks: list[Task], files: Sequence[str], reading: Reading) -> list[Task]:
    """Plan every given file that no task uses yet as its neighbour of the same kind is planned."""
    for extra in files:
        same = [file for file in files if modality(file) == modality(extra)]
        called = wording.called(same, reading.masked)
        chosen = wording.ordinal(reading.masked, modality(extra)) is not None or (called and extra not in called)
        if chosen or any(extra in _values(task) for task in tasks):
            continue
        model = next((file for file in same if _alike(file, extra, reading, tasks)), None)
        if model is not None:
            tasks = _with_copies(tasks, model, extra)
    return tasks


def _values(task: Task) -> list[object]:
    return [item for value in task.args.values() for item in (value if isinstance(value, list) else [value])]


def _alike(model: str, extra: str, reading: Reading, tasks: Sequence[Task]) -> bool:
    """Whether both files are spoken of together: neither by name, or side by side as in "a.png and b.png"."""
    if not any(model in _values(task) for task in tasks):
        return False
    places = {mention.text: mention for mention in reversed(reading.mentions)}
    first, other = places.get(model), places.get(extra)
    if first is None or other is None:
        return first is other
    between = reading.masked[min(first.end, other.end) : max(first.start, other.start)]
    return not set(between.replace("and", "").replace("or", "")) - set(" ,_&'\"")


def _with_copies(tasks: list[Task], model: str, extra: str) -> list[Task]:
    """The tasks, and a copy of each that uses the model file or follows from such a one."""
    copied: dict[int, int] = {}
    grown = list(tasks)
    for task in tasks:
        if model in _values(task) or any(dep in copied for dep in task.dep):
            copied[task.id] = len(grown)
            grown.append(_copy(task, model, extra, copied))
    return grown


def _copy(task: Task, model: str, extra: str, copied: dict[int, int]) -> Task:
    names = {model: extra} | {f"<resource-{old}>": f"<resource-{new}>" for old, new in copied.items()}

    def renamed(value: object) -> object:
        return [renamed(item) for item in value] if isinstance(value, list) else names.get(str(value), value)

    args = {name: renamed(value) for name, value in task.args.items()}
    return Task(task=task.task, id=copied[task.id], dep=sorted(copied.get(dep, dep) for dep in task.dep), args=args)
