"""What is said where nothing can be run: what the wish needs, how to get it, and what these files are good for."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import PurePath

from graph.offline.standins import wants_words
from graph.selector import READING
from graph.state import Task
from graph.words import purpose, say
from tools.experts import filters
from tools.files.resources import modality
from tools.install import command
from tools.models.catalog import candidates
from tools.registry import BACKENDS
from tools.tasks import TASKS, Modality, TaskType


@dataclass(frozen=True)
class Advice:
    """A sentence or two, and requests that would work instead, to be picked."""

    text: str
    choices: list[str] = field(default_factory=list)


# Requests that experts in ordinary wheels can meet: what they need, and how people ask for it
IDEAS: dict[Modality, tuple[tuple[str, str], ...]] = {
    "image": (
        ("image-to-text", "Read the text in it"),
        ("object-detection", "Find the faces in it"),
        ("canny-control", "Draw its edges"),
    ),
    "audio": (
        ("audio-to-audio", "Remove the noise from this recording"),
        ("audio-facts", "How long is this recording?"),
    ),
    "video": (
        ("video-to-audio", "Extract the sound of this video"),
        ("video-to-image", "Show the picture at 1 second"),
        ("video-facts", "How long is this film?"),
    ),
    "table": (("table-question-answering", "How many rows does this table have?"),),
    "text": (
        ("summarization", "Summarise this text"),
        ("text-to-speech", "Read this text aloud"),
        ("text-classification", "Which language is this text in?"),
    ),
}
_TALK = {"conversational", "text-generation"}  # which planners fall back on
_SEEN: dict[Modality, str] = {  # what a question about a file needs
    "image": "visual-question-answering",
    "audio": "automatic-speech-recognition",
    "video": "video-classification",
}
_DESCRIBE = re.compile(
    r"\bdescri|\bcaption|\bwhat(?:'s| is| can be seen| do you see)\b.*\b(?:in|on|show)"
    r"|\bbeschreib|\bwas (?:zeigt|(?:ist|sieht man|siehst du)\b.*\b(?:auf|in))\b"
    r"|\bdécri|\bqu.est-ce qu.on voit\b|\bque (?:montre|voit-on)\b|\bqué (?:hay|se ve|ves|muestra)\b"
    r"|描述|里有什么|看到什么",
    re.I,
)
BARE = (
    ("text-to-speech", "Say 'good morning' aloud"),
    ("text-classification", "Is the tone of 'I love it' positive?"),
)


def choices(files: Sequence[str], offered: Collection[str]) -> list[str]:
    """Two or three things that can be done here with these very files."""
    kinds = dict.fromkeys(modality(file) for file in files)
    ideas = [idea for kind in kinds for idea in IDEAS[kind]] if files else list(BARE)
    return [say(words) for name, words in ideas if name in offered][:3]


def missing(
    beyond: Sequence[TaskType], request: str, files: Sequence[str], offered: Mapping[str, TaskType]
) -> Advice | None:
    """For a wish that needs a task type that cannot run here: what it needs, and what can be had at once.

    ``beyond`` are the types that it may need; None where none of them is likely.
    """
    kinds = {modality(file) for file in files}
    likely = [type_ for type_ in beyond if not files or (type_.name not in _TALK and not _makes_only(type_, kinds))]
    asked = [TASKS[_SEEN[kind]] for kind in kinds & _SEEN.keys() if request.rstrip().endswith("?")]
    type_ = next((needed for needed in [*likely, *asked] if needed.name not in offered), None)
    return _needing(type_, _doing(type_), files, offered) if type_ else None


def undescribed(
    tasks: Sequence[Task], request: str, files: Sequence[str], offered: Mapping[str, TaskType]
) -> Advice | None:
    """For a description of a picture, where all that could run can only read what is printed in it."""
    readers = candidates(TASKS["image-to-text"])
    if [task.task for task in tasks] != ["image-to-text"] or not _DESCRIBE.search(request):
        return None
    if READING.search(request) or wants_words(request.lower()):
        return None
    if any(reader.backend != "embedded" for reader in readers):
        return None
    return _needing(TASKS["image-to-text"], say("Describing pictures"), files, offered)


def unchanged(tasks: Sequence[Task], files: Sequence[str], offered: Mapping[str, TaskType]) -> Advice | None:
    """For a change of a picture of which the filters know nothing, where they are all that could run."""
    instructions = [str(task.args.get("text", "")) for task in tasks if task.task == "image-to-image"]
    if len(tasks) != 1 or not any(instructions) or filters.helps_with(instructions[0]):
        return None
    if any(model.backend != "embedded" for model in candidates(TASKS["image-to-image"])):
        return None
    type_ = TASKS["image-editing"]
    return _needing(type_, _doing(type_), files, offered)


def _needing(type_: TaskType, doing: str, files: Sequence[str], offered: Mapping[str, TaskType]) -> Advice:
    able = choices(files, offered)
    return Advice(f"{say('{doing} needs a model.', doing=doing)} {how_to_get(type_)}{_instead(able)}", able)


def _makes_only(type_: TaskType, kinds: Collection[Modality]) -> bool:
    """Whether it would make what was given, and not take it: a film is given, and not wanted."""
    return type_.outputs[0] in kinds and not any(slot.modality in kinds for slot in type_.slots)


def unclear(files: Sequence[str], offered: Mapping[str, TaskType]) -> Advice:
    """For a request in which no wish was found."""
    able = choices(files, offered)
    names = ", ".join(PurePath(file).name for file in files[:2])
    about = say("I did not understand what to do with {files}.", files=names)
    return Advice(f"{about if files else say('I did not understand what to do.')}{_instead(able)}", able)


def greeting(files: Sequence[str], offered: Mapping[str, TaskType]) -> Advice:
    """What can be done here, in two lines."""
    able = choices(files, offered)
    kinds = [say(name) for name, type_ in KINDS.items() if type_ in offered]
    listed = f"{', '.join(kinds[:-1])} {say('and')} {kinds[-1]}" if kinds[1:] else "".join(kinds)
    hint = say("I work on {kinds}: attach a file, or say what you want.", kinds=listed)
    return Advice(f"{hint}{_instead(able)}", able)


KINDS = {
    "pictures": "image-to-text",
    "documents": "summarization",
    "recordings": "audio-to-audio",
    "films": "video-to-audio",
    "tables": "table-question-answering",
}


def how_to_get(type_: TaskType) -> str:
    """The ways in which a task type could run here, shortest first, in one sentence."""
    lacking = [name for name in ("endpoint", "local") if name in BACKENDS and not BACKENDS[name].candidates(type_)]
    ways = [_way(name) for name in lacking]
    if not ways:
        return say("No backend here has one; `hugginggpt doctor` says why.")
    return say("To get one, {ways}.", ways=f" {say('or')} ".join(ways))


def _way(backend: str) -> str:
    if backend == "endpoint":
        return say("set HF_TOKEN (free at huggingface.co/settings/tokens)")
    if find_spec("torch") and find_spec("transformers"):
        return say("let this machine reach huggingface.co, or name a folder with one in models.toml, to run it here")
    return say("run `{command}` to run it on this machine", command=command("local"))


def _instead(able: Sequence[str]) -> str:
    said = say("Here I can, for example: {listed}.", listed="; ".join(able)) if able else ""
    return f" {said}".rstrip().replace("?.", "?").replace("\uff1f\u3002", "\uff1f")


def _doing(type_: TaskType) -> str:
    """What a task type does, as the subject of a sentence: of a translation, which has no gerund, its first half."""
    spoken, english = purpose(type_), f"{type_.purpose[:1].upper()}{type_.purpose[1:]}"
    return _gerund(type_.purpose) if spoken == english else re.split("[:,\uff1a\uff0c]", spoken)[0]


def _gerund(purpose: str) -> str:
    """Such as "Describing an image" of "describe an image, or read the text printed in it"."""
    verb, _, rest = purpose.partition(":")[0].partition(",")[0].partition(" ")
    stem = verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb
    doubled = stem + stem[-1] if stem in {"cut", "put", "get"} else stem
    return f"{doubled}ing {rest}".strip().capitalize()
