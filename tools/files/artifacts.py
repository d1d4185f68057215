"""What tools make: files that never collide, each with its provenance beside it."""

import errno
import hashlib
import io
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
from PIL.Image import Image

from tools.errors import BadOutput, ConfigError
from tools.protocol import Audio, Media, Video
from tools.settings import settings


def save(media: tuple[Media, ...], task: str, provenance: Mapping[str, Any]) -> list[str]:
    """Write each medium and its provenance; the paths of the media. All of them, or none.

    Raises:
        ConfigError: the output folder cannot be written, or its disk is full.
    """
    folder = settings().out
    with writing(folder), ExitStack() as undo:
        files = [_save_one(item, folder, task, provenance, undo) for item in media]
        undo.pop_all()
    return [str(path) for path in files]


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Make the folder, and tell what keeps files from being written there. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        reason = "the disk is full; free some space" if full else f"{error.strerror}; check its permissions"
        raise ConfigError(f"Files cannot be written to {folder}: {reason} or choose another folder.") from error


def address(path: str) -> str:
    """Where whoever reads the answer finds a file: its path, or its link where a server serves it."""
    base, out = settings().public_url, settings("").out
    if not base or settings().out == out or not Path(path).is_relative_to(settings().out):
        return path
    _owner, *rest = Path(path).relative_to(out).parts
    return f"{base.rstrip('/')}/artifacts/{quote('/'.join(rest))}"


def local(reference: str) -> str:
    """The file behind one of our own links; any other reference as it is."""
    base, out = settings().public_url, settings("").out
    start = f"{(base or '').rstrip('/')}/artifacts/"
    if not base or settings().out == out or not reference.startswith(start):
        return reference
    owner = settings().out.relative_to(out).parts[0]
    return str(out / owner / unquote(reference.removeprefix(start).partition("?")[0]))


def record_of(path: Path | str) -> Path:
    """Where it is told how an artifact was made."""
    return Path(path).with_suffix(".json")


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _save_one(item: Media, folder: Path, task: str, provenance: Mapping[str, Any], undo: ExitStack) -> Path:
    extension, content = encode(item)
    path = folder / f"{task}-{secrets.token_hex(8)}{extension}"
    _put(path, content, undo)
    facts = {
        "file": path.name,
        **provenance,
        "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    _put(record_of(path), json.dumps(facts, indent=2, ensure_ascii=False, default=str).encode(), undo)
    return path


def _put(path: Path, content: bytes, undo: ExitStack) -> None:
    """Write beside the target and rename, so that nobody ever sees half a file."""
    part = path.with_name(f".{path.name}.part")
    undo.callback(path.unlink, missing_ok=True)
    undo.callback(part.unlink, missing_ok=True)
    part.write_bytes(content)
    part.replace(path)


def encode(item: Media) -> tuple[str, bytes]:
    """The extension and the content of the file for a medium: PNG, 16-bit WAV, or H.264 in MP4."""
    buffer = io.BytesIO()
    if isinstance(item, Image):
        item.save(buffer, format="PNG")
        return ".png", buffer.getvalue()
    if isinstance(item, Audio):
        import soundfile

        soundfile.write(buffer, np.clip(item.samples, -1, 1), item.rate, format="WAV", subtype="PCM_16")
        return ".wav", buffer.getvalue()
    _encode_video(item, buffer)
    return ".mp4", buffer.getvalue()


def _encode_video(video: Video, buffer: io.BytesIO) -> None:
    """H.264, which every browser plays. It takes even sizes only, so an odd row or column is cut off."""
    import av

    if not video.frames:
        raise BadOutput("The model made a video without a single frame.")
    width, height = (side - side % 2 for side in video.frames[0].size)
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(video.fps).limit_denominator(1000))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in video.frames:
            pixels = np.asarray(picture.convert("RGB").crop((0, 0, width, height)))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
