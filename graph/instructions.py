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
_FOLLOWED = {"image": ("image-to-image", filters.understands), "audio": ("audio-to-audio", audio.understands)}


def followed(request: str, files: Sequence[str], offered: Collection[str]) -> list[Task]:
    """The task for an instruction of which every part is understood; for a table any request. Else none."""
    if len(files) != 1:
        return []
    (file,), kind = files, modality(files[0])
    if kind == "table" and "table-question-answering" in offered:
        return [Task(task="table-question-answering", id=0, args={"table": file, "question": request})]
    if _FACTS.search(request) and f"{kind}-facts" in offered:
        return [Task(task=f"{kind}-facts", id=0, args={kind: file})]
    name, understands = _FOLLOWED.get(kind, ("", None))
    if understands is None or name not in offered or not understands(request):
        return []
    return [Task(task=name, id=0, args={kind: file, "text": request})]


def whole(tasks: Sequence[Task], request: str) -> list[Task]:
    """The only task, if it is a change, with all of the request: parts of it may be further changes."""
    if len(tasks) == 1 and tasks[0].task in {name for name, _ in _FOLLOWED.values()}:
        return [tasks[0].model_copy(update={"args": tasks[0].args | {"text": request}})]
    return list(tasks)
