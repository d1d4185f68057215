"""The one protocol by which a task runs on a model, wherever the model is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict

from tools.tasks import TaskType

BackendName = Literal["local", "endpoint", "embedded", "llm", "extra", "ray"]
Mode = Literal["auto", "local", "endpoint", "hybrid"]


class Candidate(BaseModel):
    """A model that could do a task, with the facts by which to choose it. Unknown facts are None."""

    model_config = ConfigDict(frozen=True)

    model: str
    task: str
    backend: BackendName
    revision: str | None = None
    description: str = ""
    licence: str | None = None
    downloads: int | None = None
    likes: int | None = None
    parameters: int | None = None
    languages: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()  # what a classifier classifies: sentiment, language, ...
    gated: bool = False
    device: str = "cpu"  # what it occupies while it runs: cpu, cuda:0, the host of an endpoint


@dataclass(frozen=True)
class Audio:
    """Sound: float samples in [-1, 1], shape (frames,) or (frames, channels), at ``rate`` Hz."""

    samples: NDArray[np.float32]
    rate: int


@dataclass(frozen=True)
class Video:
    """Moving pictures: RGB frames of one size, at ``fps`` frames a second, and the sound that goes with them."""

    frames: Sequence[Image]
    fps: float
    sound: Audio | None = None


Media: TypeAlias = Image | Audio | Video


@dataclass(frozen=True)
class Output:
    """What a model made, still in memory: words, structured data (JSON) and media to be saved.

    ``revision`` is that of the model, where only its backend came to know it. With the same ``parameters`` (JSON), such
    as a seed, the same could be made again. ``format`` is the extension that the files get (``.jpg``, ``.mp3``), where
    one was asked for.
    """

    text: str | None = None
    data: Any = None
    media: tuple[Media, ...] = ()
    revision: str | None = None
    format: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One run of one model.

    ``inputs`` holds, per filled slot, a text, a decoded medium, a table's path, or a list of texts.
    A backend that knows how far it is calls ``tools.progress.report(step, steps)``.
    """

    task: TaskType
    candidate: Candidate
    inputs: dict[str, Any]


class Backend(Protocol):
    """A way to run models."""

    name: BackendName

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        """The models that could run the task here and now, best first. Cheap; never touches the network."""
        ...

    def missing(self, task: TaskType) -> str:
        """One sentence: what to install or configure so that the task could run here."""
        ...

    async def run(self, call: Call) -> Output:
        """Run one model. Raises ModelError; never blocks the event loop."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A backend that can also say why it leaves a model out."""

    def explain(self, task: TaskType) -> Sequence[tuple[Candidate, str | None]]:
        """Every model known for the task, with the reason why it cannot be used, or None. Cheap."""
        ...
