"""Instructions about the one file that came with them, which a built-in expert can follow word by word."""

import re
from collections.abc import Collection, Sequence

from graph.state import Task
from tools.experts import audio, filters
from tools.files.resources import modality

_FACTS = re.compile(
    r"\bhow many pixels|\b(?:what|which) (?:size|resolution|dimensions)"
    r"|\b(?:size|resolution|dimensions) of (?:this|the) "
    r"|\bhow (?:large|big|wide|tall|long|high)\b[^,;]*\?$",
    re.I,
)
_POLITE = re.compile(r"\W*(?:please\b.*|can|could|would|will) ", re.I)
_FOLLOWED = {"image": ("image-to-image", filters.understands), "audio": ("audio-to-audio", audio.understands)}


def followed(request: str, files: Sequence[str], offered: Collection[str]) -> list[Task]:
    """The task for an instruction of which every part is understood, or for a question about the file's size."""
    if len(files) != 1:
        return []
    (file,), kind = files, modality(files[0])
    if _FACTS.search(request) and f"{kind}-facts" in offered:
        return [Task(task=f"{kind}-facts", id=0, args={kind: file})]
    name, understands = _FOLLOWED.get(kind, ("", None))
    asks = request.rstrip().endswith("?") and not _POLITE.match(request)
    if understands is None or asks or name not in offered or not understands(request):
        return []
    return [Task(task=name, id=0, args={kind: file, "text": request})]


def asked_of_table(request: str, files: Sequence[str], offered: Collection[str]) -> list[Task]:
    """The task for whatever is asked of the only file, a table; what computes it says itself what it cannot."""
    name = "table-question-answering"
    if len(files) != 1 or modality(files[0]) != "table" or name not in offered:
        return []
    return [Task(task=name, id=0, args={"table": files[0], "question": request})]


def whole(tasks: Sequence[Task], request: str) -> list[Task]:
    """The only task, if it is a change, with all of the request: parts of it may be further changes."""
    if len(tasks) == 1 and tasks[0].task in {name for name, _ in _FOLLOWED.values()}:
        return [tasks[0].model_copy(update={"args": tasks[0].args | {"text": request}})]
    return list(tasks)
