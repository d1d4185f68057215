"""A film that somebody gave keeps its sound, its length and its pace through our hands; FFmpeg itself tells."""

from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.support import paperwork
from tests.support.execution import TEXT
from tools.files import codec, media
from tools.files.artifacts import save
from tools.protocol import Audio, Output, Video

pytestmark = pytest.mark.usefixtures("workspace")


def kept(film: Video) -> Path:
    (path,) = save(Output(media=(film,)), "film", {"task": TEXT})
    return Path(path)


def pitch(sound: Audio) -> float:
    """The strongest tone, in Hz."""
    samples = sound.samples if sound.samples.ndim == 1 else sound.samples.mean(axis=1)
    return float(np.fft.rfftfreq(len(samples), 1 / sound.rate)[np.abs(np.fft.rfft(samples)).argmax()])


def test_a_films_sound_goes_along(tmp_path: Path) -> None:
    paperwork.film(tmp_path / "given.mp4", seconds=3)
    path = kept(codec.video((tmp_path / "given.mp4").read_bytes()))
    sound = media.audio(path)
    assert pitch(sound) == pytest.approx(440, abs=1)
    assert len(sound.samples) / sound.rate == pytest.approx(3, abs=0.15)
    with av.open(path) as container:
        assert (len(container.streams.video), len(container.streams.audio)) == (1, 1)
        assert container.streams.video[0].average_rate == 10
        assert sum(1 for _ in container.decode(video=0)) == 30


@pytest.mark.parametrize("rate", [8000, 22_050, 37_800, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_of_any_rate_is_heard_in_its_pitch(rate: int, channels: int, tmp_path: Path) -> None:
    paperwork.film(tmp_path / "given.mp4", seconds=2)
    frames = codec.video((tmp_path / "given.mp4").read_bytes()).frames
    wave = 0.3 * np.sin(2 * np.pi * 500 * np.arange(2 * rate, dtype=np.float32) / rate)
    samples = wave if channels == 1 else np.stack([wave, wave], axis=1)
    sound = media.audio(kept(Video(frames, 10, Audio(samples.astype(np.float32), rate))))
    assert pitch(sound) == pytest.approx(500, abs=2)
    assert sound.samples.ndim == channels


def test_a_film_without_sound_stays_without(tmp_path: Path) -> None:
    paperwork.film(tmp_path / "given.mp4", seconds=1)
    silent = codec.video((tmp_path / "given.mp4").read_bytes())
    with av.open(kept(Video(silent.frames, silent.fps))) as container:
        assert not container.streams.audio
