"""How results are wanted: which pages, how long, in which voice and format, filled into a plan made by rule."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from graph.offline.followups import moved
from graph.state import Task
from graph.words import say
from tools.tasks import TASKS

_COUNT = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|ten|single)"
_FORMAT = r"(?:mp3|wav|ogg|flac|jpe?g|png|webp|gif|bmp|tiff?|avif)"
_UNITS = r"(?:sentences?|bullets?(?: points)?|points|words|paragraphs?)"
_PHRASES: dict[str, tuple[str, ...]] = {
    "pages": (
        r"\bpages?\s+\d+(?:\s*(?:-|\u2013|to|and|,)\s*\d+)*",
        r"\b(?:first|second|third|last)(?: two| three| \d+)? pages?\b",
    ),
    "length": (
        rf"(?<!these )(?<!both )\b(?:{_COUNT}|shorter|longer) (?:short |brief |single |key |main )*{_UNITS}\b",
        r"\bbullet(?:ed)? (?:points|list)\b",
        r"^\W*(?:even |a bit |much )?(?:shorter|longer)\W*$",
    ),
    "manner": (
        r"\b(?:very )?(?:slow(?:ly|er)?|fast(?:er)?|quick(?:ly|er))\b",
        r"\b(?:in )?an? (?:fe)?male(?: voice)?\b|\b(?:in )?an? (?:wo)?man'?s voice\b",
        rf"\b(?:as|to|into|in) (?:an? )?\.?{_FORMAT}\b",
    ),
}
_TOLD = {slot: re.compile("|".join(phrases), re.I) for slot, phrases in _PHRASES.items()}
_PAGED = {".pdf", ".docx", ".odt", ".pptx", ".epub"}
_EXTRACT = "text-extraction"


def filled(tasks: Sequence[Task], request: str) -> tuple[list[Task], list[str]]:
    """The tasks with what the request says of the manner in the slots that take it, and notes on what none takes."""
    phrases_of = {slot: [match[0] for match in pattern.finditer(request)] for slot, pattern in _TOLD.items()}
    planned = _of_pages(list(tasks), phrases_of["pages"])
    notes = []
    for slot, phrases in phrases_of.items():
        takers = [task for task in planned if TASKS[task.task].slot(slot)]
        if phrases and takers:
            planned = [_with(task, slot, ", ".join(phrases)) if task in takers else task for task in planned]
        undone = [phrase for phrase in phrases if not takers and not _said(phrase, planned)]
        notes += [say("Not done: “{phrase}”.", phrase=phrase) for phrase in undone]
    return planned, notes


def _said(phrase: str, tasks: Sequence[Task]) -> bool:
    """Whether a task is told it already, in the words of its prompt."""
    return any(phrase.lower() in str(value).lower() for task in tasks for value in task.args.values())


def _with(task: Task, slot: str, words: str) -> Task:
    return task if task.args.get(slot) else task.model_copy(update={"args": task.args | {slot: words}})


def _of_pages(tasks: list[Task], pages: Sequence[str]) -> list[Task]:
    """The tasks; one that takes a whole document takes the pages that are named."""
    readers = [
        (task, slot, value) for task in tasks for slot, value in task.args.items() if _document(task, slot, value)
    ]
    if not pages or not readers:
        return tasks
    document = readers[0][2]
    first = Task(task=_EXTRACT, id=0, args={"text": document, "pages": ", ".join(pages)})
    later = [moved(task, {other.id: other.id + 1 for other in tasks}) for task in tasks]
    fed = {task.id + 1: slot for task, slot, value in readers if value == document}
    return [first, *(_fed(task, fed[task.id]) if task.id in fed else task for task in later)]


def _document(task: Task, slot: str, value: object) -> bool:
    return (
        task.task != _EXTRACT
        and isinstance(value, str)
        and PurePath(value).suffix.lower() in _PAGED
        and slot in {"text", "context"}
    )


def _fed(task: Task, slot: str) -> Task:
    return task.model_copy(update={"args": task.args | {slot: "<resource-0>"}, "dep": sorted({0, *task.dep})})
