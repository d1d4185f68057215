"""Every bad model or input is a clear error, the next call works, and nothing stays locked."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tools.backends.local.conftest import picture, tone
from tools.backends.local import Local
from tools.backends.local.engine import Engine
from tools.backends.local.pool import Pool
from tools.errors import InputError, ModelError, ModelUnavailable, OutOfMemory
from tools.protocol import Audio, Call

Calls = Callable[..., Call]


@pytest.fixture
def damaged(tiny_model: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a tiny model, to be spoilt."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(tiny_model(name), tmp_path / "damaged"))

    return copy


@pytest.mark.parametrize(
    ("task", "model"),
    [
        ("object-detection", "image-classification"),
        ("text-generation", "translation"),
        ("summarization", "text-generation"),
        ("text-to-image", "text-classification"),
        ("canny-text-to-image", "text-to-image"),
        ("text-to-speech", "text-to-audio"),
        ("tabular-classification", "text-classification"),
    ],
)
async def test_a_model_of_another_task_is_refused(
    task: str, model: str, local: Local, call: Calls, tiny_model: Callable[[str], Path]
) -> None:
    with pytest.raises(ModelUnavailable, match=f"cannot do {task}: choose a model"):
        await local.run(call(task, model=str(tiny_model(model))))


@pytest.mark.parametrize(
    ("task", "model", "words"),
    [
        ("text-classification", "zero-shot-classification", "follows from another"),
        ("text-classification", "text-ranking", "no classes"),
        ("zero-shot-classification", "text-classification", "does not judge"),
        ("text-ranking", "text-classification", "no ranker"),
        ("conversational", "text-generation", "no template for conversations"),
        ("feature-extraction", "image-feature-extraction", "is ViTModel"),
        ("image-feature-extraction", "feature-extraction", "is BertModel"),
        ("image-text-to-text", "image-to-text:blip", "no template for conversations"),
    ],
)
async def test_the_right_class_trained_for_something_else_is_refused(
    task: str, model: str, words: str, local: Local, call: Calls, tiny_model: Callable[[str], Path]
) -> None:
    with pytest.raises(ModelUnavailable, match=f"{words}.* and cannot do {task}"):
        await local.run(call(task, model=str(tiny_model(model))))


async def test_a_missing_model_is_said_to_be_missing(local: Local, call: Calls) -> None:
    with pytest.raises(ModelUnavailable, match="nobody/nothing is not on this machine"):
        await local.run(call("text-classification", model="nobody/nothing"))


async def test_pickled_weights_are_never_loaded(local: Local, call: Calls, damaged: Callable[[str], Path]) -> None:
    folder = damaged("text-classification")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match="pickled weights can run code"):
        await local.run(call("text-classification", model=str(folder)))


async def test_code_of_a_repository_is_never_run(local: Local, call: Calls, damaged: Callable[[str], Path]) -> None:
    folder = damaged("text-classification")
    config = json.loads((folder / "config.json").read_text())
    config |= {"architectures": ["OwnModel"], "auto_map": {"AutoModel": "code.OwnModel"}, "model_type": "own"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text("raise SystemExit('this code was run')")
    with pytest.raises(ModelUnavailable, match="needs code from its own repository, which is never run"):
        await local.run(call("text-classification", model=str(folder)))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised by gptq, which needs the package gptqmodel"),
        ({"use_timm_backbone": True}, "built on timm: install the packages timm and torchvision"),
        ({"backbone_config": {"model_type": "timm_backbone"}}, "built on timm"),
    ],
)
async def test_a_package_that_a_model_needs_is_named_before_it_is_loaded(
    config: dict[str, Any], words: str, local: Local, call: Calls, damaged: Callable[[str], Path]
) -> None:
    folder = damaged("object-detection")
    (folder / "config.json").write_text(json.dumps(json.loads((folder / "config.json").read_text()) | config))
    with pytest.raises(ModelUnavailable, match=words):
        await local.run(call("object-detection", model=str(folder)))


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
async def test_a_damaged_file_is_named(file: str, local: Local, call: Calls, damaged: Callable[[str], Path]) -> None:
    folder = damaged("text-classification")
    (folder / file).write_bytes((folder / file).read_bytes()[:100])
    with pytest.raises(ModelUnavailable, match=f"{file}.*: download the model again"):
        await local.run(call("text-classification", model=str(folder)))


async def test_a_folder_that_is_no_model_is_said_to_be_none(local: Local, call: Calls, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"has no config\.json"):
        await local.run(call("text-classification", model=str(tmp_path)))


async def test_a_model_without_its_part_says_which(local: Local, call: Calls, damaged: Callable[[str], Path]) -> None:
    folder = damaged("openpose-control")
    shutil.rmtree(folder / "detector")
    with pytest.raises(ModelUnavailable, match="PekingU/rtdetr"):  # the default part, which is not here either
        await local.run(call("openpose-control", model=str(folder)))


async def test_a_model_too_large_for_the_budget_is_refused_and_the_next_one_runs(call: Calls) -> None:
    local = Local(Engine(Pool(lambda: 100_000)))
    with pytest.raises(OutOfMemory, match="choose a smaller model"):
        await local.run(call("text-to-image"))
    assert (await local.run(call("text-classification"))).text


async def test_the_pool_works_on_after_a_failed_run(local: Local, call: Calls) -> None:
    with pytest.raises(InputError):
        await local.run(call("fill-mask", text="nothing is missing here"))
    assert (await local.run(call("fill-mask"))).data


@pytest.mark.parametrize("task", ["text-classification", "token-classification", "zero-shot-classification"])
async def test_a_text_beyond_the_models_length_is_read_in_pieces(task: str, local: Local, call: Calls) -> None:
    text = "Ada Lovelace lived in London. " * 60
    output = await local.run(call(task, text=text))
    assert output.data
    if task == "token-classification":
        assert max(entity["end"] for entity in output.data) > 1000
        assert all(text[entity["start"] : entity["end"]] == entity["text"] for entity in output.data)


@pytest.mark.parametrize("task", ["summarization", "translation", "feature-extraction", "text-to-speech"])
async def test_a_long_text_is_worked_on_piece_by_piece(task: str, local: Local, call: Calls) -> None:
    output = await local.run(call(task, text="Ada lived in London and wrote the first program. " * 40))
    assert output.text


async def test_an_answer_is_found_far_into_a_long_context(local: Local, call: Calls) -> None:
    context = "A grey cat sleeps on the mat. " * 60
    output = await local.run(call("question-answering", question="Where does she live?", context=context))
    assert output.data["answer"] == context[output.data["start"] : output.data["end"]]


@pytest.mark.parametrize("task", ["text-generation", "fill-mask"])
async def test_a_text_that_cannot_be_cut_is_refused_when_too_long(task: str, local: Local, call: Calls) -> None:
    with pytest.raises(ModelError, match="too long"):  # of this model: the next may read more
        await local.run(call(task, text="the [MASK] cat " * 300))


async def test_a_text_of_one_endless_word_is_cut_too(local: Local, call: Calls) -> None:
    assert (await local.run(call("text-classification", text="x" * 5000))).data


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (48000, 2), (16000, 1)])
async def test_sound_of_any_rate_and_channels_is_heard(rate: int, channels: int, local: Local, call: Calls) -> None:
    output = await local.run(call("audio-classification", audio=tone(1.0, rate, channels)))
    expected = await local.run(call("audio-classification", audio=tone(1.0)))
    assert [entry["label"] for entry in output.data] == [entry["label"] for entry in expected.data]
    assert np.allclose([e["score"] for e in output.data], [e["score"] for e in expected.data], atol=0.05)


@pytest.mark.parametrize(
    ("task", "rate", "window"), [("audio-classification", 16000, 30), ("zero-shot-audio-classification", 48000, 1)]
)
async def test_a_long_recording_is_judged_by_all_of_it(
    task: str, rate: int, window: int, local: Local, call: Calls
) -> None:
    """Silence for as long as a window, and then a tone: both count."""
    quiet, loud = np.zeros(rate * window, np.float32), tone(window, rate).samples
    halves = [await local.run(call(task, audio=Audio(samples, rate))) for samples in (quiet, loud)]
    whole = await local.run(call(task, audio=Audio(np.concatenate([quiet, loud]), rate)))
    found = [{entry["label"]: entry["score"] for entry in each.data} for each in (*halves, whole)]
    assert found[2] == pytest.approx({label: (found[0][label] + found[1][label]) / 2 for label in found[2]}, abs=0.02)


async def test_a_recording_longer_than_a_window_is_heard_to_its_end(local: Local, call: Calls) -> None:
    short = await local.run(call("automatic-speech-recognition", audio=tone(5)))
    long = await local.run(call("automatic-speech-recognition", audio=tone(65)))
    assert len(str(long.text)) > 5 * len(str(short.text))


@pytest.mark.parametrize("size", [(2, 2), (30, 120), (640, 480)])
@pytest.mark.parametrize("task", ["image-classification", "object-detection", "depth-estimation", "image-segmentation"])
async def test_images_of_any_shape_are_seen(task: str, size: tuple[int, int], local: Local, call: Calls) -> None:
    output = await local.run(call(task, image=picture(*size)))
    assert all(item.size == size for item in output.media)


async def test_a_language_that_a_model_does_not_write_is_refused(local: Local, call: Calls) -> None:
    with pytest.raises(ModelUnavailable, match="translates only"):
        await local.run(call("translation", language="Finnish"))
    with pytest.raises(InputError, match="no language known"):
        await local.run(call("translation", language="Klingon"))


async def test_a_voice_of_another_language_is_refused(local: Local, call: Calls) -> None:
    request = call("text-to-speech", language="German")
    english = replace(request, candidate=request.candidate.model_copy(update={"languages": ("en",)}))
    with pytest.raises(ModelUnavailable, match="knows only en: choose another model"):
        await local.run(english)


async def test_a_table_without_the_right_columns_is_refused(local: Local, call: Calls, tmp_path: Path) -> None:
    file = tmp_path / "short.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ModelError, match="lacks the columns"):
        await local.run(call("tabular-classification", table=str(file)))
