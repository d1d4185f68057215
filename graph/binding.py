"""From a task's planned arguments to its inputs: every ``<resource-ID>`` becomes what task ID made."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upath import UPath

from graph.state import Result, Task
from tools.errors import BadOutput
from tools.files.formats import EXTENSIONS
from tools.files.resources import modality
from tools.tasks import TASKS, Modality, Slot
from tools.toolbox import LARGEST

REFERENCE = re.compile(r"<resource-(\d+)>")


def references(value: object) -> set[int]:
    """The ids of the tasks whose outputs a planned argument mentions."""
    if isinstance(value, str):
        return {int(id_) for id_ in REFERENCE.findall(value)}
    if isinstance(value, list | tuple):
        return {id_ for item in value for id_ in references(item)}
    return set()


async def bound(task: Task, results: Mapping[int, Result]) -> dict[str, Any]:
    """The inputs of a task as ``bind`` gives them; files of long texts are read beside the event loop."""
    reads = any(result.whole for result in results.values())
    return await asyncio.to_thread(bind, task, results) if reads else bind(task, results)


def bind(task: Task, results: Mapping[int, Result]) -> dict[str, Any]:
    """The inputs of a task, by slot: a text, a file's path, or a list where the slot takes many.

    A reference takes the modality of its slot: an image slot the image of task ID, a text slot its text, inside
    longer text too. What is no slot of the task is bound as text.

    Raises:
        BadOutput: a task that is referred to is not there, or made nothing of the wanted modality; or too much.
    """
    row = TASKS[task.task]
    return {name: _bind(row.slot(name) or Slot(name, "text"), value, results) for name, value in task.args.items()}


def outputs(result: Result, wanted: Modality) -> list[str]:
    """Everything of one modality that a task made: its files, or its text (its data as JSON if there is no text)."""
    if wanted != "text":
        return [file for file in result.files if modality(file) == wanted]
    if result.whole:
        return [_read(result.whole)]
    if result.text is not None:
        return [result.text]
    return [] if result.data is None else [json.dumps(result.data, ensure_ascii=False)]


def _bind(slot: Slot, value: object, results: Mapping[int, Result]) -> object:
    values, bound, size = value if isinstance(value, list) else [value], list[object](), 0
    for item in values:
        for made in _made(slot, item, results):
            bound.append(made)
            size += len(made) if isinstance(made, str) else 0
            _check(slot, size)
    if slot.many or (isinstance(value, list) and len(bound) != 1):
        return bound
    return bound[0]


def _made(slot: Slot, value: object, results: Mapping[int, Result]) -> list[object]:
    """What one planned value stands for: itself, a text with its references filled in, or files."""
    if not isinstance(value, str) or not references(value):
        return [value]
    if slot.modality == "text":
        texts = {id_: _take(slot, id_, results)[0] for id_ in references(value)}
        _check(slot, len(value) + sum(len(texts[int(id_)]) for id_ in REFERENCE.findall(value)))
        return [_as_data(REFERENCE.sub(lambda match: texts[int(match[1])], value))]
    files: list[object] = [file for match in REFERENCE.findall(value) for file in _take(slot, int(match), results)]
    return files if slot.many else files[:1]


def _check(slot: Slot, size: int) -> None:
    if size > LARGEST:
        raise BadOutput(f"{slot.name} would have {size:,} characters, and a task takes at most {LARGEST:,}.")


def _read(file: str) -> str:
    try:
        return UPath(file).read_text("utf-8")
    except OSError as error:
        raise BadOutput(f"{Path(file).name}, which holds the text, cannot be read: {error.strerror}.") from error


def _as_data(text: str) -> str:
    """A text that a task made, not to be taken for a file or link to be opened: their names have no line end."""
    is_name = text.startswith(("http://", "https://", "file://", "data:")) or text.lower().endswith(tuple(EXTENSIONS))
    return f"{text}\n" if is_name else text


def _take(slot: Slot, number: int, results: Mapping[int, Result]) -> list[str]:
    result = results.get(number)
    if result is None:
        raise BadOutput(f"{slot.name} refers to task {number}, which the task does not wait for.")
    made = outputs(result, slot.modality)
    if not made:
        raise BadOutput(f"Task {number} ({result.task}) made no {slot.modality} for {slot.name}.")
    return made
