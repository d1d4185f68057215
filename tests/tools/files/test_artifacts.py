import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from benchmarks.support.full_disk import files_of_at_most
from tools.errors import BadOutput, ConfigError
from tools.files.artifacts import digest, save
from tools.protocol import Audio, Output, Video

pytestmark = pytest.mark.usefixtures("workspace")
DOT = Image.new("RGB", (1, 1))


def test_an_image_is_saved_as_png_with_its_provenance_beside_it() -> None:
    (name,) = save(
        Output(media=(Image.new("RGB", (3, 2), "red"),)), "canny-control", {"model": "m", "inputs": {"text": "Grüße"}}
    )
    path = Path(name)
    assert path.name == "canny-control.png"
    with Image.open(path) as picture:
        assert (picture.format, picture.size, picture.getpixel((0, 0))) == ("PNG", (3, 2), (255, 0, 0))
    facts = json.loads(path.with_suffix(".json").read_text())
    assert facts.pop("created").endswith("+00:00")
    assert facts == {"file": path.name, "model": "m", "inputs": {"text": "Grüße"}, "sha256": digest(path)}


def test_sound_is_saved_as_wav_and_loud_samples_do_not_wrap() -> None:
    (name,) = save(Output(media=(Audio(np.array([0, 0.5, 2, -2], np.float32), 16000),)), "text-to-speech", {})
    samples, rate = soundfile.read(name)
    assert (rate, samples.round(2).tolist()) == (16000, [0, 0.5, 1, -1])


def test_a_video_is_saved_as_h264_of_even_size() -> None:
    frames = [Image.new("RGB", (33, 17), (value, 0, 0)) for value in range(0, 250, 25)]
    (name,) = save(Output(media=(Video(frames, fps=12.5),)), "text-to-video", {})
    with av.open(name) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 32, 16)
        assert float(stream.average_rate or 0) == 12.5
        assert len(list(container.decode(stream))) == 10


@pytest.mark.slow
def test_ten_thousand_artifacts_never_collide() -> None:
    names = {name for _ in range(100) for name in save(Output(media=(DOT,) * 100), "t", {})}
    assert len(names) == 10_000
    assert len(list(Path("outputs").glob("*.png"))) == len(list(Path("outputs").glob("*.json"))) == 10_000


def noise(size: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (size, size, 3), np.uint8))


def test_a_full_disk_is_told_and_nothing_is_left_half_written() -> None:
    for big in (noise(200), Audio(np.ones(100_000, np.float32), 8000), Video([noise(256)] * 20, 5)):
        with files_of_at_most(20_000), pytest.raises(ConfigError, match="disk is full"):
            save(Output(media=(noise(8), big)), "t", {})
        assert list(Path("outputs").iterdir()) == []


def test_an_output_folder_that_is_a_file_is_told() -> None:
    Path("outputs").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        save(Output(media=(DOT,)), "t", {})


def test_a_video_without_frames_is_no_result() -> None:
    with pytest.raises(BadOutput):
        save(Output(media=(DOT, Video([], 5))), "t", {})
    assert list(Path("outputs").iterdir()) == []
