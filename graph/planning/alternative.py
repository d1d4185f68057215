"""Another way to do what a task could not: another task type, or a route over several."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from string import Template
from typing import Any

from graph.planning.files import looks_like_file
from graph.state import Plan, Result, Task
from graph.words import say
from tools.tasks import TaskType

_BEFORE = "$before"  # the output of the step before this one


@dataclass(frozen=True)
class Leg:
    """One task of a way. ``$name`` in its arguments is the argument of that name of the task that failed."""

    task: str
    args: Mapping[str, str]


def _asking(instruction: str) -> tuple[Leg, ...]:
    return (Leg("text-generation", {"text": instruction}),)


_LOOK = Leg("image-text-to-text", {"image": "$image", "text": "$question"})
_READ = Leg("image-to-text", {"image": "$image"})
_DRAW = Leg("text-to-image", {"text": "$text"})
WAYS: dict[str, tuple[tuple[Leg, ...], ...]] = {
    "summarization": (_asking("Summarise this text: $text"),),
    "translation": (_asking("Translate this text into $language: $text"),),
    "question-answering": (_asking("Answer from the text alone. Question: $question Text: $context"),),
    "text2text-generation": (_asking("$text"),),
    "conversational": (_asking("$text"),),
    "text-generation": ((Leg("text2text-generation", {"text": "$text"}),),),
    "image-to-text": ((Leg("image-text-to-text", {"image": "$image", "text": "Describe the image."}),),),
    "visual-question-answering": ((_LOOK,),),
    "document-question-answering": (
        (_READ, Leg("question-answering", {"question": "$question", "context": _BEFORE})),
        (_LOOK,),
    ),
    "text-to-video": ((_DRAW, Leg("image-to-video", {"image": _BEFORE, "text": "$text"})),),
}


def alternative(plan: Plan, results: Sequence[Result], offered: Mapping[str, TaskType]) -> Plan | None:
    """The plan with every failed task replaced that can be done in another way; None if none can.

    The last step of a way keeps the id of the task that it stands for, so that what depends on it finds it.
    """
    failed = {result.id: result for result in results if result.status == "failed"}
    fresh = count(max((task.id for task in plan.tasks), default=0) + 1)
    tasks: list[Task] = []
    notes = list(plan.notes)
    for task in plan.tasks:
        way = _way(task, offered) if task.id in failed else None
        tasks += _steps(task, way, fresh) if way else [task]
        if way:
            instead = f" {say('and')} ".join(step.task for step in way)
            why = {"task": task.task, "error": failed[task.id].error, "other": instead}
            notes.append(say("{task} failed ({error}), so {other} was tried instead.", **why))
    return Plan(tasks=tasks, notes=notes) if len(notes) > len(plan.notes) else None


def untouched(before: Plan, after: Plan, results: Sequence[Result]) -> list[Result]:
    """The results that stand: of tasks that are the same in both plans, and need none that is not."""
    old, touched = {task.id: task for task in before.tasks}, set[int]()
    for task in after.tasks:
        if old.get(task.id) != task or touched & set(task.dep):
            touched.add(task.id)
    return [result for result in results if result.id not in touched]


def _way(task: Task, offered: Mapping[str, TaskType]) -> tuple[Leg, ...] | None:
    """The first way whose steps can run here and find the arguments they need; a file's name is no text."""
    known = {*task.args, _BEFORE[1:]}
    files = {name for name, value in task.args.items() if looks_like_file(str(value))}
    for way in WAYS.get(task.task, ()):
        texts = [text for step in way for text in step.args.values()]
        needed = {name for text in texts for name in Template(text).get_identifiers()}
        within = {name for text in texts if text[1:] not in known for name in Template(text).get_identifiers()}
        if needed <= known and not within & files and all(step.task in offered for step in way):
            return way
    return None


def _steps(task: Task, way: Sequence[Leg], fresh: Iterator[int]) -> list[Task]:
    steps: list[Task] = []
    for step in way:
        before = [steps[-1].id] if steps else []
        values = {**task.args, "before": f"<resource-{before[0]}>" if before else ""}
        number = task.id if step is way[-1] else next(fresh)
        args = {name: _fill(text, values) for name, text in step.args.items()}
        steps.append(Task(task=step.task, id=number, dep=sorted({*task.dep, *before}), args=args))
    return steps


def _fill(text: str, values: Mapping[str, Any]) -> object:
    """A lone name takes the value as it is; inside longer text, it takes its words."""
    return values[text[1:]] if text[1:] in values and text.startswith("$") else Template(text).substitute(values)
