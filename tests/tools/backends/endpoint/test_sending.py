"""What is sent to remote models, through which connections, and what is taken from them."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from huggingface_hub import constants
from PIL import Image

from tests.support.hub import Hub
from tests.tools.backends.endpoint.calls import ask
from tools.backends.endpoint import Endpoint
from tools.errors import BadOutput, ModelUnavailable
from tools.protocol import Audio

Config = Callable[..., None]


def photo(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))


async def test_calls_to_one_endpoint_share_their_connections(remote: Hub, config: Config, tmp_path: Path) -> None:
    url = f"{remote.url}/task/text-classification"
    config(f'task = "text-classification"\nmodel = "{url}"')
    remote.peers.clear()
    for _ in range(5):
        await ask(Endpoint(), "text-classification", url, tmp_path)
    assert len(remote.peers) == 1


def test_every_event_loop_has_connections_of_its_own(remote: Hub, config: Config, tmp_path: Path) -> None:
    url = f"{remote.url}/task/depth-estimation"
    config(f'task = "depth-estimation"\nmodel = "{url}"')
    for _ in range(2):  # what stays open behind a closed loop is a ResourceWarning, and so an error
        assert asyncio.run(ask(Endpoint(), "depth-estimation", url, tmp_path)).media


@pytest.mark.parametrize("task", ["text-classification", "depth-estimation"])
async def test_a_hub_that_may_not_be_reached_is_no_bar_to_endpoints_of_ones_own(
    task: str, remote: Hub, config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # as the variable of that name does at start
    url = f"{remote.url}/task/{task}"
    config(f'task = "{task}"\nmodel = "{url}"')
    assert (await ask(Endpoint(), task, url, tmp_path)).text


@pytest.mark.parametrize("task", ["text-classification", "depth-estimation", "conversational"])
async def test_nothing_is_sent_on_to_another_host(
    task: str, remote: Hub, config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ACME_KEY", "acme-secret")
    url = f"{remote.url}/fault/moved"
    config(f'task = "{task}"\nmodel = "{url}"\ntoken_env = "ACME_KEY"')
    with pytest.raises(ModelUnavailable, match="sends its callers on to localhost"):
        await ask(Endpoint(), task, url, tmp_path)
    assert len(remote.requests) == 1


@pytest.mark.parametrize(
    ("task", "fault"),
    [("text-classification", "huge"), ("text-classification", "packed"), ("text-generation", "wordy")],
)
async def test_an_answer_is_taken_no_further_than_its_limit(
    task: str, fault: str, remote: Hub, config: Config, tmp_path: Path
) -> None:
    url = f"{remote.url}/fault/{fault}"
    config(f'task = "{task}"\nmodel = "{url}"')
    with pytest.raises(BadOutput, match=r"larger than|compresses|more than any task needs"):
        await ask(Endpoint(), task, url, tmp_path)


async def test_a_picture_of_a_model_is_held_to_the_limit_of_pictures(
    remote: Hub, config: Config, tmp_path: Path
) -> None:
    url = f"{remote.url}/fault/vast"
    config(f'task = "text-to-image"\nmodel = "{url}"')
    with pytest.raises(BadOutput, match="too large"):
        await ask(Endpoint(), "text-to-image", url, tmp_path)


async def test_a_photo_travels_as_a_jpeg_and_boxes_lie_where_they_are_in_the_original(
    remote: Hub, config: Config, tmp_path: Path
) -> None:
    url = f"{remote.url}/task/object-detection"
    config(f'task = "object-detection"\nmodel = "{url}"')
    found = await ask(Endpoint(), "object-detection", url, tmp_path, image=photo(3000, 1500))
    assert remote.requests[-1].kind == "image/jpeg"
    assert Image.open(io.BytesIO(remote.requests[-1].body)).size == (2000, 1000)
    assert found.data[0]["box"] == {"xmin": 1.5, "ymin": 1.5, "xmax": 7.5, "ymax": 6.0}


async def test_a_drawing_travels_without_loss(remote: Hub, config: Config, tmp_path: Path) -> None:
    url = f"{remote.url}/task/image-classification"
    config(f'task = "image-classification"\nmodel = "{url}"')
    await ask(Endpoint(), "image-classification", url, tmp_path, image=Image.new("RGB", (64, 64), "red"))
    assert remote.requests[-1].kind == "image/png"


async def test_speech_travels_as_flac_of_one_channel_at_16_khz(remote: Hub, config: Config, tmp_path: Path) -> None:
    url = f"{remote.url}/task/automatic-speech-recognition"
    config(f'task = "automatic-speech-recognition"\nmodel = "{url}"')
    stereo = Audio(np.sin(np.arange(88200, dtype=np.float32) / 20).reshape(-1, 2), 44100)
    await ask(Endpoint(), "automatic-speech-recognition", url, tmp_path, audio=stereo)
    assert remote.requests[-1].kind == "audio/flac"
    with soundfile.SoundFile(io.BytesIO(remote.requests[-1].body)) as sound:
        assert (sound.samplerate, sound.channels) == (16000, 1)
        assert sound.frames == pytest.approx(16000, abs=20)


async def test_sound_whose_answer_is_sound_loses_nothing(remote: Hub, config: Config, tmp_path: Path) -> None:
    url = f"{remote.url}/task/audio-to-audio"
    config(f'task = "audio-to-audio"\nmodel = "{url}"')
    await ask(Endpoint(), "audio-to-audio", url, tmp_path, audio=Audio(np.zeros((44100, 2), np.float32), 44100))
    with soundfile.SoundFile(io.BytesIO(remote.requests[-1].body)) as sound:
        assert (sound.samplerate, sound.channels, sound.frames) == (44100, 2, 44100)


async def test_what_a_chat_model_thinks_is_no_part_of_its_answer(remote: Hub, config: Config, tmp_path: Path) -> None:
    url = f"{remote.url}/task/conversational/v1"
    config(f'task = "conversational"\nmodel = "{url}"\nname = "thinker"')
    assert (await ask(Endpoint(), "conversational", url, tmp_path)).text == "You said: I live in Berlin"


@pytest.mark.parametrize("fault", ["thoughts-alone", "no-words"])
async def test_a_chat_model_that_never_comes_to_its_answer_gave_none(
    fault: str, remote: Hub, config: Config, tmp_path: Path
) -> None:
    url = f"{remote.url}/fault/{fault}/v1"
    config(f'task = "conversational"\nmodel = "{url}"')
    with pytest.raises(BadOutput, match="not a result"):
        await ask(Endpoint(), "conversational", url, tmp_path)
