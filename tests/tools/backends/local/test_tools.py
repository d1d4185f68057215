"""Local models through the tools that agents use."""

import asyncio
import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import soundfile

from tests.tools.backends.local.conftest import film, picture, tone
from tools import TOOLS
from tools.backends.local.recipes import RECIPES
from tools.errors import InputError, ResourceError
from tools.settings import override, settings
from tools.tasks import TASKS

TEXT = "Ada Lovelace lived in London."
GIVEN = {  # what fills a slot: a text, or a real file
    "text": TEXT,
    "image": "picture.png",
    "audio": "tone.wav",
    "video": "film.mp4",
    "table": "people.csv",
}
SPECIAL: dict[str, dict[str, object]] = {
    "fill-mask": {"text": "the [MASK] cat"},
    "translation": {"language": "German"},
    "tabular-classification": {"table": "flowers.csv"},
}
SHARED = {f"{kind}-text-to-image" for kind in ("hed", "mlsd", "normal", "openpose", "depth", "seg")}  # one recipe
UNBOUND = {"image-to-video", "text-to-video"}  # minutes of noise, through the same door as pictures
BY_TOOL = sorted(set(RECIPES) - SHARED - UNBOUND)
AT_ONCE = ("text-classification", "object-detection", "depth-estimation", "text-to-image", "text-to-speech")
MADE = {"image": ".png", "audio": ".wav", "video": ".mp4"}


def arguments(task: str) -> dict[str, object]:
    """A text or the name of a real file for each slot that must be filled."""
    filled = {slot.name: ["a cat", "a dog"] if slot.many else GIVEN[slot.modality] for slot in TASKS[task].required}
    return filled | SPECIAL.get(task, {})


@pytest.fixture
def desk(workspace: Path, tiny_model: Callable[[str], Path]) -> Iterator[Path]:
    """A folder with files to work on and the tiny models offered."""
    picture().save(workspace / "picture.png")
    sound = tone(rate=44100, channels=2)
    soundfile.write(workspace / "tone.wav", sound.samples, sound.rate)
    (workspace / "flowers.csv").write_text("a,b,c,d\n5.1,3.5,1.4,0.2\n", encoding="utf-8")
    (workspace / "people.csv").write_text("name,age\nAda,36\nAlan,41\n", encoding="utf-8")
    film(workspace / "film.mp4")
    entries = [f'[[models]]\nmodel = "{tiny_model(task)}"\ntask = "{task}"\n' for task in BY_TOOL]
    (workspace / "tiny.toml").write_text("\n".join(entries), encoding="utf-8")
    before = settings().models
    override(models=workspace / "tiny.toml")
    yield workspace
    override(models=before)


async def ask(task: str, **args: object) -> dict[str, object]:
    call = {"name": task, "args": args | {"backend": "local"}, "id": "1", "type": "tool_call"}
    message = await TOOLS[task].ainvoke(call)
    return dict(message.artifact)


@pytest.mark.parametrize("task", BY_TOOL)
async def test_a_tool_runs_a_local_model(task: str, desk: Path) -> None:
    result = await ask(task, **arguments(task))
    assert result["backend"] == "local"
    json.dumps(result)  # plain JSON, as states and traces need it
    files = [Path(str(path)) for path in result["files"]]  # type: ignore[attr-defined]  # a list of paths
    assert all(file.exists() for file in files)
    main = TASKS[task].outputs[0]
    assert main == "text" or any(file.suffix == MADE[main] for file in files)


async def test_tools_run_local_models_in_parallel(desk: Path) -> None:
    results = await asyncio.gather(*(ask(task, **arguments(task)) for task in AT_ONCE for _ in range(3)))
    files = [path for result in results for path in result["files"]]  # type: ignore[attr-defined]  # a list of paths
    assert len(files) == len(set(files))


async def test_a_picture_can_be_made_again_from_what_is_told_of_it(desk: Path) -> None:
    result = await ask("text-to-image", text="a cat")
    told = json.loads(Path(str(result["files"][0])).with_suffix(".json").read_text())  # type: ignore[index]  # a list
    assert told["seed"] == result["data"]["seed"]  # type: ignore[index]  # an object
    assert told["steps"] == 2


async def test_a_pose_and_a_text_become_a_new_picture(desk: Path) -> None:
    pose = await ask("openpose-control", image="picture.png")
    made = await ask("canny-text-to-image", text="a dancer", image=str(pose["files"][0]))  # type: ignore[index]  # a list
    assert made["files"]


@pytest.mark.parametrize(
    ("name", "content"), [("broken.png", b"\x89PNG\r\n\x1a\n12345"), ("text.png", b"not a picture")]
)
async def test_a_damaged_picture_never_reaches_a_model(name: str, content: bytes, desk: Path) -> None:
    (desk / name).write_bytes(content)
    with pytest.raises(ResourceError):
        await ask("object-detection", image=name)


async def test_an_empty_text_never_reaches_a_model(desk: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        await ask("text-classification", text="  ")


@pytest.mark.parametrize("package", ["torchvision", "torchaudio"])
def test_packages_that_break_transformers_are_not_installed(package: str) -> None:
    assert find_spec(package) is None, f"{package} on a CPU build of torch makes transformers' pipelines fail"
