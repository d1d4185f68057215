"""Checks a plan from any source against the task table, and mends it where the meaning is plain.

The recipe: names, ids, arguments to slots, files, order, several values for one slot. What is mended is noted for the
user; what is not is a complaint exact enough for the writer to do better; a file that was never given is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graph.planning.arguments import Filler
from graph.planning.dialects import Written
from graph.planning.files import Files
from graph.planning.names import find
from graph.planning.order import ordered
from graph.planning.steps import Findings, Step, number
from graph.planning.unfold import unfold
from graph.state import Task
from graph.words import purpose, say, within
from tools.tasks import TASKS, Slot, TaskType
from tools.values import closed, describe

MAX_TASKS = 500


@dataclass(frozen=True)
class Checked:
    """A plan that can run, or why not. ``missing`` is the first slot that only the user can fill."""

    tasks: list[Task] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    missing: tuple[TaskType, Slot] | None = None


def check(written: Sequence[Written], files: Files, offered: Mapping[str, TaskType]) -> Checked:
    """Check and mend a plan. Never raises; the tasks come in topological order, with unique ids and whole ``dep``."""
    if len(written) > MAX_TASKS:
        return Checked(problems=[f"{len(written)} tasks are too many; write at most {MAX_TASKS}."])
    return examined(number(written), files, offered)[0]


def examined(
    numbered: Mapping[int, Written], files: Files, offered: Mapping[str, TaskType]
) -> tuple[Checked, dict[int, str]]:
    """Tasks by their ids, checked and mended; and those that are at fault, each with what is wrong with it."""
    findings = Findings()
    steps = _typed(numbered, offered, findings)
    filler = Filler(steps, files, offered, findings)
    for step in list(steps.values()):
        filler.fill(step)
    filled = ordered(filler.steps, findings)
    done = unfold(filled, files, MAX_TASKS) if not findings.problems and not findings.missing else []
    if len(done) > MAX_TASKS:
        findings.problem(f"One task for each file makes more than {MAX_TASKS}; write fewer.")
    if findings.problems or findings.missing:
        return Checked([], findings.notes, findings.problems, findings.missing), findings.blamed
    return Checked([step.task() for step in done], findings.notes), {}


def validated(tasks: Sequence[Task], files: Files, offered: Mapping[str, TaskType]) -> Checked:
    """Check a plan that is made of tasks already: by rule, or by a person's hand."""
    return check(as_written(tasks), files, offered)


def as_written(tasks: Sequence[Task]) -> list[Written]:
    """Tasks as a model might have written them."""
    return [Written(task.task, task.id, tuple(task.dep), task.args) for task in tasks]


WHICH = {
    "text": "Which text",
    "image": "Which picture",
    "audio": "Which recording",
    "video": "Which video",
    "table": "Which table",
}


def question(row: TaskType, slot: Slot) -> str:
    """What to ask the user for a slot that only the user can fill."""
    name, doing = slot.name.replace("_", " "), within(purpose(row))
    if closed(slot.schema):
        takes = say("It takes {values}.", values=describe(slot.schema))
        return f"{say('Which {slot} should I use to {purpose}?', slot=name, purpose=doing)} {takes}"
    if slot.many:
        two = say("Name at least two, separated by commas.")
        return f"{say('Which {slot} should I use to {purpose}?', slot=name, purpose=doing)} {two}"
    which = say(WHICH[slot.modality])
    return say("{which} should I use to {purpose}? Attach it, or name the file or link.", which=which, purpose=doing)


def _typed(written: Mapping[int, Written], offered: Mapping[str, TaskType], findings: Findings) -> dict[int, Step]:
    """The steps whose type is offered; the others are complained of."""
    steps = {}
    for id_, task in written.items():
        if task.unread:
            findings.fault(id_, f"{task.unread} is no task", hint='Write each as one {"TASK": {"SLOT": "VALUE"}}.')
        elif row := find(task.task, offered):
            steps[id_] = Step.of(id_, row, task)
        elif find(task.task, TASKS):
            findings.fault(id_, f"{task.task} cannot run in this configuration")
        else:
            findings.fault(id_, f"{task.task[:80]!r} is no task type", hint=f"Use one of: {', '.join(offered)}.")
    return steps
