"""What tests of local models share: tiny models, a backend of their own, and inputs of every modality."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.support import tiny
from tools.backends.local import Local
from tools.backends.local.engine import Engine
from tools.backends.local.placement import Placement
from tools.backends.local.pool import Pool
from tools.files.artifacts import encode
from tools.protocol import Audio, Call, Candidate, Video
from tools.settings import override, settings
from tools.tasks import TASKS

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]  # without the extra `local` there is nothing to test

SPECIAL: dict[str, dict[str, Any]] = {
    "fill-mask": {"text": "the [MASK] cat"},
    "translation": {"language": "German"},
    "tabular-classification": {"table": "sepal,width,petal,length\n5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n"},
}


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model by its name."""
    root = tmp_path_factory.mktemp("tiny")
    return lambda name: tiny.build(name, root)


@pytest.fixture(autouse=True)
def few_steps() -> Iterator[None]:
    """Two steps of diffusion, no downloads."""
    before = {"steps": settings().steps, "download": settings().download}
    override(steps=2, download="never")
    yield
    override(**before)


@pytest.fixture(scope="session")
def local() -> Local:
    """One backend for the session, as in a real process."""
    return Local()


@pytest.fixture(scope="session", params=["bfloat16", "float16"])
def halved(request: pytest.FixtureRequest) -> Local:
    """A backend that places models on the CPU as it would on a card of that number type."""
    return Local(Engine(Pool(lambda: 10**9), place=lambda: Placement("cpu", request.param)))


@pytest.fixture
def call(tiny_model: Callable[[str], Path], tmp_path: Path) -> Callable[..., Call]:
    """A call of a tiny model with inputs that fill its task's slots; keywords replace some of them."""

    def make(name: str, model: str | None = None, **inputs: Any) -> Call:
        task = TASKS[name.partition(":")[0]]
        candidate = Candidate(model=model or str(tiny_model(name)), task=task.name, backend="local")
        return Call(task, candidate, _inputs(task.name, tmp_path) | inputs)

    return make


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """A red square on white, with a line of print."""
    drawn = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((width // 16, height // 16, width // 2, height // 2), fill="red")
    pen.text((5, height - 16), "TOTAL 42", fill="black")
    return drawn


def tone(seconds: float = 1.0, rate: int = 16000, channels: int = 1) -> Audio:
    """A pure tone of 220 Hz."""
    wave = (0.3 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)
    return Audio(wave if channels == 1 else np.stack([wave] * channels, axis=1), rate)


def film(file: Path, seconds: float = 0.75) -> Path:
    """A film of the picture, eight frames a second, in which it becomes lighter."""
    frames = [picture().point(lambda value, i=i: min(255, value + 20 * i)) for i in range(int(seconds * 8))]
    file.write_bytes(encode(Video(frames, 8.0))[1])
    return file


def _inputs(task: str, folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = {
        "text": "Ada Lovelace lived in London.",
        "image": picture(),
        "audio": tone(),
        "table": "name,age\nAda,36\nAlan,41\n",
    }
    slots = TASKS[task].required
    if any(slot.modality == "video" for slot in slots):
        values["video"] = str(film(folder / "film.mp4"))
    inputs = {slot.name: ["a cat", "a dog"] if slot.many else values[slot.modality] for slot in slots}
    inputs |= SPECIAL.get(task, {})
    if "table" in inputs:
        file = folder / "table.csv"
        file.write_text(inputs["table"], encoding="utf-8")
        inputs["table"] = str(file)
    return inputs
