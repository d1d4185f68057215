"""What tools make: files that never collide, each with its provenance beside it."""

import errno
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image

from tools.backends.base import Audio, Media, Video
from tools.errors import BadOutput, ConfigError
from tools.settings import settings


def save(media: tuple[Media, ...], task: str, provenance: Mapping[str, Any]) -> list[str]:
    """Write each medium and its provenance; the paths of the media. All of them, or none.

    Raises:
        ConfigError: the output folder cannot be written, or its disk is full.
    """
    folder = settings().out
    try:
        with ExitStack() as undo:
            folder.mkdir(parents=True, exist_ok=True)
            files = [_save_one(item, folder, task, provenance, undo) for item in media]
            undo.pop_all()
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        reason = "the disk is full; free some space" if full else f"{error.strerror}; check its permissions"
        raise ConfigError(f"Results cannot be written to {folder}: {reason} or choose another folder.") from error
    return [str(path) for path in files]


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _save_one(item: Media, folder: Path, task: str, provenance: Mapping[str, Any], undo: ExitStack) -> Path:
    extension, write = _writer(item)
    stem = f"{task}-{secrets.token_hex(8)}"
    path, record = folder / f"{stem}{extension}", folder / f"{stem}.json"
    _put(path, write, undo)
    facts = {"file": path.name, **provenance, "created": datetime.now(UTC).isoformat(), "sha256": digest(path)}
    text = json.dumps(facts, indent=2, ensure_ascii=False, default=str)
    _put(record, lambda part: part.write_text(text, encoding="utf-8"), undo)
    return path


def _put(path: Path, write: Callable[[Path], object], undo: ExitStack) -> None:
    """Write beside the target and rename, so that nobody ever sees half a file."""
    part = path.with_name(f".{path.name}.part")
    undo.callback(path.unlink, missing_ok=True)
    undo.callback(part.unlink, missing_ok=True)
    write(part)
    part.replace(path)


def _writer(item: Media) -> tuple[str, Callable[[Path], object]]:
    if isinstance(item, Image):
        return ".png", lambda path: item.save(path, format="PNG")
    if isinstance(item, Audio):
        return ".wav", lambda path: _write_audio(item, path)
    return ".mp4", lambda path: _write_video(item, path)


def _write_audio(audio: Audio, path: Path) -> None:
    import soundfile

    with path.open("wb") as file:
        soundfile.write(file, np.clip(audio.samples, -1, 1), audio.rate, format="WAV", subtype="PCM_16")


def _write_video(video: Video, path: Path) -> None:
    """H.264 in MP4, which every browser plays. It takes even sizes only, so an odd row or column is cut off."""
    import av

    if not video.frames:
        raise BadOutput("The model made a video without a single frame.")
    width, height = (side - side % 2 for side in video.frames[0].size)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(video.fps).limit_denominator(1000))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in video.frames:
            pixels = np.asarray(picture.convert("RGB").crop((0, 0, width, height)))
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
