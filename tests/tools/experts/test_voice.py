"""What is speech in a recording is told from what is not, on speech by a synthesiser that nobody here wrote."""

import numpy as np
import pytest

from tools.errors import InputError
from tools.experts import audio, speech, voice
from tools.protocol import Audio

RATE = 22_050


@pytest.fixture(scope="module")
def words() -> Audio:
    """A sentence by espeak-ng, with the silence around it cut away by its loudness."""
    pytest.importorskip("espeakng_loader", reason="the extra `speech` is optional")
    (said,) = speech.speak("The old harbour was built when the town lived from herring and timber.").media
    assert isinstance(said, Audio)
    loud = np.flatnonzero(np.abs(said.samples) > 0.02)
    return Audio(said.samples[loud[0] : loud[-1]], said.rate)


def noise(seconds: float, rate: int) -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.001, round(seconds * rate)).astype(np.float32)


def test_speech_is_found_where_it_stands(words: Audio) -> None:
    length = len(words.samples) / words.rate
    pieces = [noise(2, words.rate), words.samples, noise(3, words.rate), words.samples, noise(1, words.rate)]
    parts = voice.spoken(Audio(np.concatenate(pieces), words.rate))
    assert parts[0][0] == pytest.approx(2, abs=0.4)
    assert parts[-1][1] == pytest.approx(5 + 2 * length, abs=0.5)
    assert not [part for part in parts if part[0] < 3.5 + length < part[1]], "the middle of the pause"


def test_silence_is_cut_out_and_speech_is_left(words: Audio) -> None:
    given = Audio(np.concatenate([noise(2, words.rate), words.samples, noise(3, words.rate)]), words.rate)
    made = audio.change(given, "Remove the silence from this recording")
    (left,) = made.media
    assert isinstance(left, Audio)
    assert len(left.samples) == pytest.approx(len(words.samples), abs=0.8 * words.rate)
    assert np.square(left.samples).sum() > 0.9 * np.square(words.samples).sum()


def test_stereo_stays_stereo(words: Audio) -> None:
    both = np.stack([np.concatenate([noise(2, words.rate), words.samples])] * 2, axis=1)
    (left,) = audio.change(Audio(both, words.rate), "cut out the pauses").media
    assert isinstance(left, Audio)
    assert left.samples.shape[1] == 2


def test_where_nobody_speaks_nothing_is_made() -> None:
    with pytest.raises(InputError, match="Nobody is heard"):
        audio.change(Audio(noise(3, RATE), RATE), "remove silence")
