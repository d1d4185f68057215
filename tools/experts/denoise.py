"""Noise reduction without a model: what is always there is noise."""

import numpy as np
from numpy.typing import NDArray

from tools.errors import InputError
from tools.protocol import Audio

_FLOOR = 0.1  # what is left of pure noise, -20 dB: total silence between words sounds unnatural


def denoised(audio: Audio) -> Audio:
    """The recording with steady noise (hiss, hum, fans) turned down; speech and music stay, with slight loss.

    A Wiener filter with the decision-directed estimate of Ephraim and Malah (1984), per channel.

    Raises:
        InputError: it is too short to tell noise from sound.
    """
    channels = np.atleast_2d(audio.samples.T)
    if channels.shape[1] < audio.rate // 4:
        raise InputError("The recording is shorter than a quarter of a second: too short to tell noise from sound.")
    cleaned = np.stack([_wiener(channel, audio.rate) for channel in channels])
    samples = cleaned[0] if audio.samples.ndim == 1 else cleaned.T
    return Audio(samples.astype(np.float32), audio.rate)


def _wiener(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    from scipy.signal import istft, stft

    window = min(2 ** int(np.log2(rate * 0.032)), len(samples))
    spectrum = stft(samples, rate, nperseg=window, noverlap=window * 3 // 4)[2]
    power = np.abs(spectrum) ** 2
    noise = _noise(power)
    cleaned = np.empty_like(spectrum)
    before = np.zeros(len(power))
    for frame in range(power.shape[1]):
        above = power[:, frame] / noise
        prior = 0.96 * before / noise + 0.04 * np.maximum(above - 1, 0)
        gain = np.maximum(prior / (1 + prior), _FLOOR)
        cleaned[:, frame] = gain * spectrum[:, frame]
        before = np.abs(cleaned[:, frame]) ** 2
    return np.asarray(istft(cleaned, rate, nperseg=window, noverlap=window * 3 // 4)[1][: len(samples)])


def _noise(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """The noise's power per frequency: a low quantile over time, scaled to the mean of an exponential distribution.

    Frames of digital silence, as editors pad with, tell nothing and are left out.
    """
    loudness = power.sum(axis=0)
    heard = power[:, loudness >= loudness.max() * 1e-9]
    quantile = 0.2
    return np.asarray(np.quantile(heard, quantile, axis=1) / -np.log(1 - quantile) + 1e-12)
