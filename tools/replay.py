"""What made a file, run again from its provenance, and how much the two are alike."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from upath import UPath

from tools.errors import BadOutput, InputError
from tools.files.artifacts import digest, record_of
from tools.files.resources import load, modality
from tools.protocol import Audio
from tools.tasks import TASKS
from tools.toolbox import perform

_FACTS = {"file", "task", "model", "revision", "backend", "device", "seconds", "licence", "inputs", "created", "sha256"}


@dataclass(frozen=True)
class Replay:
    """A file made again. ``difference`` is the mean one of all samples, in percent of their range; None: no measure."""

    file: str
    same: bool  # to the last bit
    difference: float | None
    revision: tuple[str | None, str | None]  # of the model then and now


async def replay(path: UPath) -> Replay:
    """Run what made a file again: the same model on the same inputs, with the same seed.

    Raises:
        InputError: nothing is known of how it was made, or what it was made of is gone or has changed.
        ModelError: the model is not there any more, or failed, or made no file.
    """
    made = await asyncio.to_thread(_record, path)
    task = TASKS.get(made["task"])
    if task is None:
        raise InputError(f"{made['task']} is no task type here; install the tool that added it.")
    given = {name: await asyncio.to_thread(_input, value) for name, value in made["inputs"].items()}
    parameters = {name: value for name, value in made.items() if name not in _FACTS}
    result = await perform(task, given, made["model"], made["backend"], parameters)
    if not result["files"]:
        raise BadOutput(f"{made['model']} made no file this time.")
    alike = [file for file in result["files"] if UPath(file).suffix == path.suffix] or result["files"]
    same = [file for file in alike if await asyncio.to_thread(digest, UPath(file)) == made["sha256"]]
    again = [*same, *alike][0]
    difference = 0.0 if same else await _difference(path, again)
    return Replay(again, bool(same), difference, (made.get("revision"), result.get("revision")))


def sources(path: UPath) -> list[str]:
    """The files of which a file was made. Raises InputError as ``replay`` does."""
    values = [
        part for value in _record(path)["inputs"].values() for part in (value if isinstance(value, list) else [value])
    ]
    return [value["file"] for value in values if isinstance(value, Mapping)]


def _record(path: UPath) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(record_of(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"Nothing tells how {path.name} was made; name a file that a task has made.") from None
    if not {"task", "model", "backend", "inputs", "sha256"} <= record.keys():
        raise InputError(f"{record_of(path).name} does not tell how {path.name} was made.")
    return record


def _input(source: Any) -> Any:  # noqa: ANN401 - a text, a file's facts, or a list of them
    """What a slot was given, if it is still what it was. Raises InputError."""
    if isinstance(source, list):
        return [_input(part) for part in source]
    if not isinstance(source, Mapping):
        return source
    path = UPath(source["file"])
    if not path.is_file():
        raise InputError(f"{path.name}, of which it was made, is gone; put it back at {path}.")
    if digest(path) != source["sha256"]:
        raise InputError(f"{path.name}, of which it was made, has changed since.")
    return str(path)


async def _difference(before: UPath, after: str) -> float | None:
    """How far two files of one kind are apart, in percent; None where nothing can be compared."""
    kind = modality(after)
    if kind not in {"image", "audio"}:
        return None
    first, second = [_samples(await load(str(path), kind)) for path in (before, after)]
    if kind == "audio":
        length = max(len(first), len(second))  # what one has and the other lacks is silence there
        first, second = [np.pad(sound, [(0, length - len(sound)), (0, 0)]) for sound in (first, second)]
    return round(float(np.abs(first - second).mean()) * 100, 4) if first.shape == second.shape else None


def _samples(medium: object) -> NDArray[np.float64]:
    """A picture's or a sound's samples, in a range of one; those of a sound of shape (frames, channels)."""
    if isinstance(medium, Image):
        return np.asarray(medium.convert("RGBA"), float) / 255
    assert isinstance(medium, Audio)  # noqa: S101 - as load() gives it
    return np.asarray(medium.samples, float).reshape(len(medium.samples), -1) / 2
