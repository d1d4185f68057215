"""Instructions about the one file that came with them, which a built-in expert can follow word by word."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath

from graph.binding import references
from graph.offline.wording import ordinal
from graph.state import Task
from tools import extras
from tools.experts import audio, filters
from tools.experts.wording import clauses
from tools.files.resources import modality
from tools.tasks import TaskType

_FACTS = re.compile(
    r"\bhow many pixels|\b(?:what|which) (?:size|resolution|dimensions)"
    r"|\b(?:size|resolution|dimensions) of (?:this|the) "
    r"|\bhow (?:large|big|wide|tall|long|high)\b[^,;]*\?$",
    re.I,
)
_POLITE = re.compile(r"\W*(?:please\b.*|can|could|would|will) ", re.I)
_CHANGES = {"image-to-image", "image-editing", "audio-to-audio"}
_TELLS = re.compile(r"(?:i|we|my|our|he|she|they|it|this|there|that)\b")
_LONGEST = 8  # words of one change; who says more speaks of something else, too
_FOLLOWED = {"image": ("image-to-image", filters.understands), "audio": ("audio-to-audio", audio.understands)}


def followed(request: str, files: Sequence[str], offered: Collection[str]) -> list[Task]:
    """The task for an instruction of which every part is understood, or for a question about the file's size."""
    if len(files) != 1:
        return []
    (file,), kind = files, modality(files[0])
    name, understands = _FOLLOWED.get(kind, ("", None))
    if understands and name in offered and understands(request) and _commands(request):
        return [Task(task=name, id=0, args={kind: file, "text": request})]
    if _FACTS.search(request) and f"{kind}-facts" in offered:
        return [Task(task=f"{kind}-facts", id=0, args={kind: file})]
    return []


def _commands(request: str) -> bool:
    """Whether a request is a list of short commands, and neither a question nor a story."""
    asks = "?" in request and not _POLITE.match(request)
    return not asks and all(len(clause.split()) <= _LONGEST for clause in clauses(request))


def forgotten(tasks: Sequence[Task], request: str, files: Sequence[str], offered: Collection[str]) -> list[Task]:
    """The changes of files that some parts of the request ask for in so many words, where no task makes any."""
    changes = [task for task in tasks if task.task in _CHANGES]
    changed = {value for task in changes for value in task.args.values() if isinstance(value, str)}
    added = list[Task]()
    for file in files if tasks and not (changes and len(files) == 1) else ():
        name, understands = _FOLLOWED.get(modality(file), ("", None))
        if understands and name in offered and file not in changed and (said := _said_of(file, files, request)):
            parts = [part for part in said if understands(part)]
            if parts and _commands(", ".join(parts)):
                number = 1 + max(task.id for task in (*tasks, *added))
                added.append(Task(task=name, id=number, args={modality(file): file, "text": ", ".join(parts)}))
    return added


def _said_of(file: str, files: Sequence[str], request: str) -> list[str]:
    """The short parts of a request that speak of a file: all, where it is the only one."""
    short = [part for part in clauses(request) if len(part.split()) <= _LONGEST and not _TELLS.match(part)]
    if len(files) == 1:
        return short
    alike, name = [other for other in files if modality(other) == modality(file)], PurePath(file).name.lower()
    at = alike.index(file)
    return [part for part in short if name in part or ordinal(part, modality(file)) in {at, at - len(alike)}]


def own_first(tasks: Sequence[Task], offered: Mapping[str, TaskType]) -> list[Task]:
    """The tasks without built-in changes for words that a tool of the owner's, planned as well, is called by."""
    words = [word for task in tasks if task.task in extras.entries() for word in offered[task.task].words]
    twins = [task for task in tasks if task.task in _CHANGES and _speaks_of(task, words)]
    kept = [task for task in tasks if task not in twins]
    for twin in twins:
        given = next((value for slot, value in twin.args.items() if slot in {"image", "audio"}), "")
        kept = [_instead(task, f"<resource-{twin.id}>", str(given)) for task in kept]
    return kept


def _speaks_of(task: Task, words: Sequence[str]) -> bool:
    said = str(task.args.get("text", "")).lower()
    return any(word.lower() in said for word in words)


def _instead(task: Task, reference: str, given: str) -> Task:
    """The task with something else where it referred to a result; what it depends on is seen from its arguments."""
    args = {slot: given if value == reference else value for slot, value in task.args.items()}
    return task.model_copy(update={"args": args, "dep": sorted(references(args))})


def whole(tasks: Sequence[Task], request: str) -> list[Task]:
    """The only task, if it is a change, with all of the request: parts of it may be further changes."""
    if len(tasks) == 1 and tasks[0].task in {name for name, _ in _FOLLOWED.values()}:
        return [tasks[0].model_copy(update={"args": tasks[0].args | {"text": request}})]
    return list(tasks)
