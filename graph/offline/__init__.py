"""Plans a request without a language model: reads it, finds its intents, wires them over the typed task graph."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from graph.offline.intents import find
from graph.offline.reading import Reading, read
from graph.offline.wiring import Missing, Source, Step, Wiring
from graph.state import Task
from tools.tasks import TASKS, Modality, TaskType

_EXTENSIONS: dict[str, Modality] = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff"), "image"),
    **dict.fromkeys(("wav", "mp3", "flac", "ogg", "m4a", "aac", "opus"), "audio"),
    **dict.fromkeys(("mp4", "avi", "mov", "mkv", "webm"), "video"),
    **dict.fromkeys(("csv", "tsv", "xlsx", "parquet"), "table"),
}
_CHAT = re.compile(
    r"\s*(?:hello|hi|hey|good (?:morning|evening|afternoon)|thanks|thank you|bye|goodbye|how are you)\b"
    r"[\w\s,!.?]{0,40}$"
)


@dataclass(frozen=True)
class Draft:
    """What planning came to: tasks, or one question, or one refusal. ``notes`` say what was left out and why.

    Small talk is answered in ``refusal`` too: it, like a request beyond what is offered, ends without a plan.
    """

    tasks: list[Task] = field(default_factory=list)
    question: str | None = None
    refusal: str | None = None
    notes: list[str] = field(default_factory=list)


def plan(
    request: str, resources: Sequence[str], offered: Mapping[str, TaskType], *, previous: Sequence[str] = ()
) -> Draft:
    """Plan a request over the offered task types. Never raises for any text; bounded in its length."""
    if _CHAT.match(request.lower()):
        return Draft(refusal=f"Hello! I run models rather than chat. {_abilities(offered)}")
    reading = read(request, [*resources, *previous])
    intents = find(reading, TASKS | dict(offered))
    wanted = [intent for intent in intents if intent.type.name in offered]
    notes = [_cannot(intent.type) for intent in intents if intent.type.name not in offered]
    if not wanted:
        return Draft(
            refusal=f"I found nothing in the request that can be done here. {_abilities(offered)}", notes=notes
        )
    wiring = Wiring(reading, _sources(reading, resources or previous), offered)
    missing = list(filter(None, map(wiring.try_add, wanted)))
    if missing and not wiring.steps:
        return Draft(question=_question(missing[0]), notes=notes)
    return Draft(tasks=_tasks(wiring.steps), notes=notes)


def _sources(reading: Reading, resources: Sequence[str]) -> list[Source]:
    files = [Source(_modality(name), name, _position(reading, name)) for name in resources]
    return files + [Source("text", quote.text, quote.start) for quote in reading.quotes]


def _position(reading: Reading, resource: str) -> int:
    return next((mention.start for mention in reading.mentions if mention.text == resource), -1)


def _modality(resource: str) -> Modality:
    return _EXTENSIONS.get(PurePosixPath(resource).suffix.lower().lstrip("."), "text")


def _tasks(steps: Sequence[Step]) -> list[Task]:
    return [_task(number, step) for number, step in enumerate(steps)]


def _task(number: int, step: Step) -> Task:
    args: dict[str, Any] = {}
    for slot in step.type.slots:
        if source := step.fills.get(slot.name):
            value = source.value if source.step is None else f"<resource-{source.step}>"
            args[slot.name] = [value] if slot.many else value
    dep = sorted({source.step for source in step.fills.values() if source.step is not None})
    return Task(task=step.type.name, id=number, dep=dep, args=args)


def _abilities(offered: Mapping[str, TaskType]) -> str:
    if not offered:
        return "No task can run in this configuration: `hugginggpt doctor` says what is missing."
    return "Here I can: " + "; ".join(type_.purpose for type_ in offered.values()) + "."


def _cannot(type_: TaskType) -> str:
    return f"{type_.name} ({type_.purpose}) cannot run in this configuration and was left out."


def _question(missing: Missing) -> str:
    what = {"image": "Which picture", "audio": "Which recording", "video": "Which video", "table": "Which table"}
    return (
        f"{what.get(missing.slot.modality, 'Which text')} should I use to {missing.type.purpose}? Attach it or name it."
    )
