"""Recordings changed without a model: noise, loudness, speed, length, order."""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tools.errors import InputError, ModelUnavailable
from tools.experts.denoise import denoised
from tools.experts.voice import without_silence
from tools.experts.wording import clauses, format_of, report
from tools.protocol import Audio, Output

_PEAK = 0.97  # of full scale, to which loud passages reach
_SPOKEN = 0.16  # root mean square of well-levelled speech (-16 dB)
_Change = Callable[[Audio, re.Match[str]], tuple[Audio, str]]


def change(audio: Audio, text: str | None = None) -> Output:
    """The recording after everything that the text names, in its order; without a text, with its noise turned down.

    Raises:
        InputError: it is too short for that.
        ModelUnavailable: nothing in the text can be done here.
    """
    done, left, ending = list[str](), list[str](), format_of(text or "")
    for clause in clauses(text or "noise"):
        steps = [(match, step) for pattern, step in _CHANGES if (match := pattern.search(clause))]
        for match, step in steps:
            audio, said = step(audio, match)
            done.append(said)
        left += [] if steps else [clause]
    if not (done or ending):
        raise ModelUnavailable(f"The built-in sound filters cannot do “{text}”; they can {ABLE}.")
    return Output(
        report(done or [f"saved as {(ending or '.wav')[1:].upper()}"], left),
        {"changes": done, "left_out": left},
        (audio,),
        format=ending,
    )


def understands(text: str) -> bool:
    """Whether every part of an instruction can be followed here."""
    parts = clauses(text)
    return all(any(pattern.search(part) for pattern, _ in _CHANGES) for part in parts) and bool(
        parts or format_of(text)
    )


ABLE = "turn noise down, make a recording louder, quieter, faster or slower, cut it or its silence, fade or reverse it"


def _quieten_noise(audio: Audio, _: re.Match[str]) -> tuple[Audio, str]:
    return denoised(audio), "noise turned down"


def _louder(audio: Audio, _: re.Match[str]) -> tuple[Audio, str]:
    """To the level of well-recorded speech at least, by a factor of 2 to 10, with peaks rounded off softly."""
    level = float(np.sqrt(np.mean(np.square(audio.samples)))) or 1.0
    gain = min(10.0, max(2.0, _SPOKEN / level))
    raised = np.tanh(audio.samples * gain / _PEAK) * _PEAK
    return _with(audio, raised), f"louder by {20 * np.log10(gain):.0f} dB"


def _quieter(audio: Audio, _: re.Match[str]) -> tuple[Audio, str]:
    return _with(audio, audio.samples / 2), "quieter by 6 dB"


def _at_speed(audio: Audio, match: re.Match[str]) -> tuple[Audio, str]:
    factor = _factor(match)
    return _with(audio, _stretched(audio, factor)), f"played at {factor:g} times the speed, pitch kept"


def _factor(match: re.Match[str]) -> float:
    """How many times the speed: from words such as ``twice as fast``, ``half speed``, ``1.5x``, ``20 % slower``."""
    words, slower = match[0], bool(re.search(r"slow|half", match[0]))
    number = re.search(r"(\d+(?:\.\d+)?)\s*(%|percent)?", words)
    if number and number[2]:
        share = float(number[1]) / 100
        factor = share if "speed" in words and "by" not in words else 1 - share if slower else 1 + share
    else:
        factor = float(number[1]) if number else 2.0 if re.search(r"twice|double|half", words) else 1.25
        factor = 1 / factor if slower and factor > 1 else factor
    return max(0.25, min(4.0, factor))


def _stretched(audio: Audio, factor: float) -> NDArray[np.float32]:
    """At another speed with the pitch kept: FFmpeg's ``atempo``, which overlaps and adds (WSOLA)."""
    from tools.files.sound import filtered

    steps = [factor] if 0.5 <= factor <= 2 else [factor**0.5] * 2  # each within what the filter takes
    return filtered(audio, [("atempo", f"{step:.6f}") for step in steps])


def _cut(audio: Audio, match: re.Match[str]) -> tuple[Audio, str]:
    start, stop = _span(match, len(audio.samples) / audio.rate)
    kept = audio.samples[round(start * audio.rate) : round(stop * audio.rate)]
    if not len(kept):
        raise InputError(f"The recording is {len(audio.samples) / audio.rate:.1f} s long: nothing lies there.")
    return _with(audio, kept), f"cut to the part from {start:g} s to {stop:g} s"


def _span(match: re.Match[str], length: float) -> tuple[float, float]:
    """The part that is kept, in seconds."""
    words = match.groupdict()
    if words["from"]:
        return _time(words["from"]), min(length, _time(words["to"]))
    amount = _time(words["amount"])
    dropped = re.match(_DROP, match[0])
    if words["end"] == "first":
        return (min(amount, length), length) if dropped else (0.0, min(amount, length))
    return (0.0, max(0.0, length - amount)) if dropped else (max(0.0, length - amount), length)


def _time(words: str) -> float:
    """Seconds."""
    minutes, _, seconds = words.rpartition(":")
    number = re.match(r"[\d.]+", seconds)
    value = float(number[0]) if number else 1.0
    return float(minutes or 0) * 60 + value * (60 if "min" in words else 1)


def _faded(audio: Audio, _: re.Match[str]) -> tuple[Audio, str]:
    count = min(len(audio.samples) // 4, 2 * audio.rate)
    ramp = np.ones(len(audio.samples), np.float32)
    ramp[:count] = np.linspace(0, 1, count)
    ramp[len(ramp) - count :] = np.linspace(1, 0, count)
    shape = ramp if audio.samples.ndim == 1 else ramp[:, None]
    return _with(audio, audio.samples * shape), "faded in and out"


def _reversed(audio: Audio, _: re.Match[str]) -> tuple[Audio, str]:
    return _with(audio, audio.samples[::-1].copy()), "reversed"


def _without_silence(audio: Audio, _: re.Match[str]) -> tuple[Audio, str]:
    kept = without_silence(audio)
    if not len(kept):
        raise InputError("Nobody is heard to speak in this recording: nothing of it would be left.")
    return _with(audio, kept), f"{(len(audio.samples) - len(kept)) / audio.rate:.1f} s without speech cut out"


def _mono(audio: Audio, _: re.Match[str]) -> tuple[Audio, str]:
    return _with(audio, audio.samples if audio.samples.ndim == 1 else audio.samples.mean(axis=1)), "mixed to mono"


def _with(audio: Audio, samples: NDArray[np.floating]) -> Audio:
    return Audio(samples.astype(np.float32), audio.rate)


_T = r"\d+(?:[.:]\d+)?(?: ?(?:s|secs?|seconds?|m|mins?|minutes?)\b)?"
_DROP = "remove|delete|drop|skip|cut off|cut away|cut out|without"
_CHANGES: tuple[tuple[re.Pattern[str], _Change], ...] = tuple(
    (re.compile(pattern), step)
    for pattern, step in (
        (r"silen(?:ce|t)|\bpauses?\b", _without_silence),
        (r"nois|hiss|\bhum\b|clean|clearer|enhanc|improv|better", _quieten_noise),
        (
            rf"(?:\b(?:{_DROP})\b.*)?(?P<end>first|last) (?P<amount>{_T}|second\b|minute\b)"
            rf"|(?:from|between) (?P<from>{_T}) (?:to|until|and) (?P<to>{_T})",
            _cut,
        ),
        (r".*(?:fast|speed|slow).*", _at_speed),
        (r"loud|volume up|turn (?:it )?up|amplif|normali[sz]|boost", _louder),
        (r"quieter|softer|volume down|turn (?:it )?down", _quieter),
        (r"\bfad(?:e|ing)", _faded),
        (r"revers|backwards?", _reversed),
        (r"\bmono\b", _mono),
    )
)
