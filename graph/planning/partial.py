"""What can run of a plan that is partly wrong, and for everything else why it was left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from graph.planning.dialects import Written
from graph.planning.files import Files
from graph.planning.steps import needs_of, number
from graph.planning.validation import MAX_TASKS, Checked, check, examined
from tools.tasks import TaskType


def valid_part(written: Sequence[Written], files: Files, offered: Mapping[str, TaskType]) -> Checked:
    """The plan without the tasks that are at fault and those that need them; each of them is noted, with the reason.

    Where nothing is left to run the problems are those of the whole.
    """
    if len(written) > MAX_TASKS:
        return check(written, files, offered)
    rest, notes = number(written), dict[int, str]()
    first, blamed = examined(rest, files, offered)
    checked = first
    while blamed.keys() & rest.keys():
        left_out = dict(_with_dependents(rest, blamed))
        notes |= {id_: _note(id_, rest[id_], why) for id_, why in left_out.items()}
        rest = {id_: task for id_, task in rest.items() if id_ not in left_out}
        checked, blamed = examined(rest, files, offered)
    usable = rest and not checked.problems
    return replace(checked, notes=[*checked.notes, *(notes[id_] for id_ in sorted(notes))]) if usable else first


def _with_dependents(written: Mapping[int, Written], blamed: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    """The tasks at fault, and then those that need one of them, directly or not."""
    left_out = dict(blamed)
    while left_out:
        yield from ((id_, why) for id_, why in left_out.items() if id_ in written)
        gone = left_out.keys()
        written = {id_: task for id_, task in written.items() if id_ not in gone}
        left_out = {
            id_: f"it needs task {min(lost)}." for id_, task in written.items() if (lost := needs_of(task) & gone)
        }


def _note(id_: int, task: Written, why: str) -> str:
    return f"Task {id_}{f' ({task.task[:80]})' if task.task else ''} was left out: {why}"
