"""Where somebody speaks in a recording, by WebRTC's detector (MIT), which needs no weights."""

import importlib
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from tools.errors import ModelUnavailable
from tools.install import command
from tools.protocol import Audio

_RATE, _FRAME = 16_000, 480  # Hz, and samples: 30 ms, the longest that the detector takes
_STRICT = 3  # of 0 to 3: how sure it has to be
_SHORTEST, _PAUSE, _MARGIN = 0.15, 0.4, 0.15  # seconds: of speech, of what counts as silence, and kept around speech


def spoken(audio: Audio) -> list[tuple[float, float]]:
    """The parts in which somebody speaks, in seconds, with a little before and after each.

    Raises:
        ModelUnavailable: the detector is not installed.
    """
    frames = _voiced(audio)
    runs, at = [], 0
    for voiced, group in groupby(frames):
        count = len(list(group))
        if voiced and count * _FRAME >= _SHORTEST * _RATE:
            runs.append((at * _FRAME / _RATE - _MARGIN, (at + count) * _FRAME / _RATE + _MARGIN))
        at += count
    return _joined(runs, len(audio.samples) / audio.rate)


def without_silence(audio: Audio) -> NDArray[np.float32]:
    """The samples of those parts alone."""
    parts = [audio.samples[round(start * audio.rate) : round(end * audio.rate)] for start, end in spoken(audio)]
    return np.concatenate(parts) if parts else audio.samples[:0]


def _voiced(audio: Audio) -> list[bool]:
    try:
        webrtcvad = importlib.import_module("webrtcvad")
    except ModuleNotFoundError:
        raise ModelUnavailable(f"Telling speech from silence needs a package: {command('embedded')}.") from None
    from scipy.signal import resample_poly

    mono = audio.samples if audio.samples.ndim == 1 else audio.samples.mean(axis=1)
    heard = np.clip(resample_poly(mono, _RATE, audio.rate), -1, 1)
    words = (heard * 32_767).astype("<i2")
    detector = webrtcvad.Vad(_STRICT)
    starts = range(0, len(words) - _FRAME + 1, _FRAME)
    return [detector.is_speech(words[start : start + _FRAME].tobytes(), _RATE) for start in starts]


def _joined(runs: list[tuple[float, float]], length: float) -> list[tuple[float, float]]:
    """The parts within the recording, those together between which nobody would hear a pause."""
    parts: list[tuple[float, float]] = []
    for start, end in runs:
        if parts and start - parts[-1][1] < _PAUSE - 2 * _MARGIN:
            parts[-1] = parts[-1][0], min(end, length)
        else:
            parts.append((max(0.0, start), min(end, length)))
    return parts
