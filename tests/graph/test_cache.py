from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.support.stubs import StubBackend
from graph.state import Result, Task
from tests.support.execution import events, run
from tools.protocol import Call, Output
from tools.settings import override, settings

Stubs = Callable[..., StubBackend]


class Counting:
    """A model that counts its calls: it turns pictures upside down and texts into capitals."""

    calls = 0

    async def __call__(self, call: Call) -> Output:
        self.calls += 1
        if "image" in call.inputs:
            return Output(media=(call.inputs["image"].rotate(180),))
        return Output(text=call.inputs["text"].upper())


@pytest.fixture
def model(stubs: Stubs) -> Counting:
    counting = Counting()
    stubs(model=counting)
    return counting


@pytest.fixture
def picture(model: Counting) -> Path:
    settings().out.mkdir()
    path = settings().out / "picture.png"
    Image.new("RGB", (4, 4), "red").save(path)
    return path


async def edges(picture: Path, **context: object) -> Result:
    return (await run([Task(task="canny-control", id=0, args={"image": str(picture)})], "model", **context))[0]


async def test_the_same_question_to_the_same_model_is_answered_once(model: Counting, picture: Path) -> None:
    first, second = await edges(picture), await edges(picture)
    assert (first.cached, second.cached) == (False, True)
    assert (first.files, second.attempts, model.calls) == (second.files, 0, 1)


async def test_the_content_of_a_file_counts_and_not_its_name(model: Counting, picture: Path) -> None:
    await edges(picture)
    assert (await edges(picture.rename(picture.with_name("copy.png")))).cached
    Image.new("RGB", (4, 4), "blue").save(picture)
    assert not (await edges(picture)).cached


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"something else")])
async def test_a_result_whose_file_is_gone_or_changed_is_made_again(
    model: Counting, picture: Path, damage: Callable[[Path], None]
) -> None:
    first = await edges(picture)
    damage(Path(first.files[0]))
    second = await edges(picture)
    assert not second.cached
    assert Path(second.files[0]).exists()


async def test_a_run_can_do_without_earlier_results(model: Counting, picture: Path) -> None:
    await edges(picture)
    assert not (await edges(picture, cache=False)).cached


async def test_what_should_differ_every_time_is_never_reused(model: Counting) -> None:
    for _ in range(2):
        await run([Task(task="text-generation", id=0, args={"text": "a story"})], "model")
    assert model.calls == 2


async def test_a_parameter_counts(model: Counting) -> None:
    for language in ("German", "French"):
        await run([Task(task="translation", id=0, args={"text": "hello", "language": language})], "model")
    assert model.calls == 2


async def test_results_are_not_reused_across_folders_of_results(model: Counting, picture: Path) -> None:
    await edges(picture)
    other = settings().out.with_name("other")
    other.mkdir()
    override(out=other)
    assert not (await edges(picture.rename(other / "picture.png"))).cached


async def test_a_cache_that_cannot_be_written_changes_nothing(model: Counting, picture: Path) -> None:
    settings().cache_folder.write_text("a file where a folder should be")
    assert (await edges(picture)).status == (await edges(picture)).status == "done"
    assert model.calls == 2


async def test_reuse_is_told(model: Counting, picture: Path) -> None:
    await edges(picture)
    seen = [each async for each in events([Task(task="canny-control", id=0, args={"image": str(picture)})], "model")]
    assert [each["event"] for each in seen] == ["queued", "cached", "finished"]
