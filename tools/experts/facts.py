"""What can be said of a file without looking at what it shows: size, length, rate."""

from typing import Any

import numpy as np
from PIL import Image

from tools.errors import InputError
from tools.protocol import Audio, Output


def picture(image: Image.Image) -> Output:
    """Width and height in pixels, and the shape."""
    width, height = image.size
    shape = "square" if width == height else "landscape" if width > height else "portrait"
    grey = bool(np.ptp(np.asarray(image, np.int16), axis=2).max() < 4)
    words = (
        f"{width} x {height} pixels ({width * height:,} in all), {shape}, {'black and white' if grey else 'in colour'}"
    )
    return Output(words, {"width": width, "height": height, "colour": not grey})


def sound(audio: Audio) -> Output:
    """Length in seconds, rate, channels and loudness (decibels below full scale)."""
    seconds, channels = len(audio.samples) / audio.rate, 1 if audio.samples.ndim == 1 else audio.samples.shape[1]
    level = float(20 * np.log10(np.sqrt(np.mean(np.square(audio.samples))) + 1e-9))
    kind = {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")
    words = f"{clock(seconds)} long, {kind}, {audio.rate:,} samples a second, {level:.0f} dB on average"
    return Output(
        words, {"seconds": round(seconds, 2), "rate": audio.rate, "channels": channels, "level_db": round(level, 1)}
    )


def film(video: str) -> Output:
    """Length in seconds, frame size and rate, and whether there is sound. Raises InputError."""
    import av

    try:
        with av.open(video) as opened:
            facts = _film(opened)
    except (av.FFmpegError, IndexError):
        raise InputError("The film is damaged or holds no picture; give another file.") from None
    size, sound_ = f"{facts['width']} x {facts['height']} pixels", "with sound" if facts["sound"] else "without sound"
    return Output(f"{clock(facts['seconds'])} long, {size}, {facts['fps']:g} frames a second, {sound_}", facts)


def _film(opened: Any) -> dict[str, Any]:  # noqa: ANN401 - an open file of PyAV, which is checked as Any
    stream = opened.streams.video[0]
    seconds = (opened.duration or 0) / 1e6 or float((stream.duration or 0) * (stream.time_base or 0))
    rate = round(float(stream.average_rate or 0), 3)
    return {"seconds": round(seconds, 2), "width": stream.width, "height": stream.height, "fps": rate,
            "sound": bool(opened.streams.audio), "codec": stream.codec_context.name}  # fmt: skip


def clock(seconds: float) -> str:
    """A length as people say it: ``6 seconds``, ``2 minutes 5 seconds``."""
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + " seconds"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return " ".join(
        f"{value} {name}" for value, name in ((hours, "hours"), (minutes, "minutes"), (rest, "seconds")) if value
    )
