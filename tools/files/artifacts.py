"""What tools make: files that never collide, each with its provenance beside it."""

import errno
import hashlib
import io
import json
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import numpy as np
from PIL.Image import Image
from PIL.Image import new as new_image
from upath import UPath

from tools.errors import BadOutput, ConfigError, HuggingGPTError, InputError
from tools.files import places
from tools.protocol import Audio, Media, Output, Video
from tools.settings import process_settings, settings

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame


def save(output: Output, name: str, provenance: Mapping[str, Any], text: str | None = None) -> list[str]:
    """Write each medium of an output, and a ``text`` in UTF-8, with their provenance; the paths. All of them, or none.

    They are called ``name``, and numbered where that is taken (at random where many are).

    Raises:
        ConfigError: the output folder cannot be written, or its disk is full.
    """
    folder = settings().out
    with writing(folder), ExitStack() as undo:
        made = [encode(item, output.format) for item in output.media] + ([(".txt", text.encode())] if text else [])
        files = [_save_one(content, folder, name, provenance, undo) for content in made]
        undo.pop_all()
    return [str(path) for path in files]


@contextmanager
def writing(folder: UPath) -> Iterator[None]:
    """Make the folder, and tell what keeps files from being written there. Raises ConfigError."""
    try:
        if not places.is_remote(folder):
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        reason = "the disk is full; free some space" if full else f"{error.strerror}; check its permissions"
        raise ConfigError(f"Files cannot be written to {folder}: {reason} or choose another folder.") from error
    except HuggingGPTError:
        raise
    except Exception as error:
        if not places.is_remote(folder):
            raise
        raise ConfigError(f"Files cannot be written to {folder}: {error}") from error  # each storage has its own errors


def address(path: str) -> str:
    """Where whoever reads the answer finds a file: its path, or its link where a server serves it."""
    base, out = settings().public_url, process_settings().out
    if not base or settings().out == out or not UPath(path).is_relative_to(settings().out):
        return path
    _owner, *rest = UPath(path).relative_to(out).parts
    return f"{base.rstrip('/')}/artifacts/{quote('/'.join(rest))}"


def local(reference: str) -> str:
    """The file behind one of our own links; any other reference as it is."""
    base, out = settings().public_url, process_settings().out
    start = f"{(base or '').rstrip('/')}/artifacts/"
    if not base or settings().out == out or not reference.startswith(start):
        return reference
    owner = settings().out.relative_to(out).parts[0]
    return str(out / owner / unquote(reference.removeprefix(start).partition("?")[0]))


def record_of(path: UPath | str) -> UPath:
    """Where it is told how an artifact was made."""
    return UPath(path).with_suffix(".json")


def digest(path: UPath | str) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with places.here(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def readable(*parts: str) -> str:
    """A file's name that people can read and that is safe anywhere: ``receipt-edges``."""
    words = (re.sub(r"\W+", "-", part, flags=re.ASCII if part.isascii() else 0).strip("-_")[:60] for part in parts)
    return "-".join(filter(None, words)).lower() or "result"


def _save_one(
    file: tuple[str, bytes], folder: UPath, name: str, provenance: Mapping[str, Any], undo: ExitStack
) -> UPath:
    extension, content = file
    path = _claimed(folder, name, extension, undo)
    facts = {
        "file": path.name,
        **provenance,
        "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    _put(path, content, undo)
    _put(record_of(path), json.dumps(facts, indent=2, ensure_ascii=False, default=str).encode(), undo)
    return path


def _claimed(folder: UPath, name: str, extension: str, undo: ExitStack) -> UPath:
    """A name that no other has: its record is made first, empty, and only one maker can make it."""
    for number in count(1):
        numbered = "" if number == 1 else f"-{number}" if number < 10 else f"-{secrets.token_hex(4)}"
        path = folder / f"{name}{numbered}{extension}"
        with suppress(FileExistsError):
            places.claim(record_of(path))
            undo.callback(record_of(path).unlink, missing_ok=True)
            return path
    raise AssertionError("numbers do not end")


def _put(path: UPath, content: bytes, undo: ExitStack) -> None:
    undo.callback(path.unlink, missing_ok=True)
    places.write(path, content)


def encode(item: Media, wanted: str | None = None) -> tuple[str, bytes]:
    """The extension and the content of a medium's file: PNG, 16-bit WAV or H.264 in MP4, if nothing else is wanted.

    Raises:
        InputError: that kind of medium cannot be in the format wanted.
    """
    buffer = io.BytesIO()
    if isinstance(item, Image):
        extension = _known(wanted, _PICTURES, ".png")
        flat = item if extension not in _OPAQUE or item.mode == "L" else _on_white(item)
        flat.save(buffer, format=_PICTURES[extension])
        return extension, buffer.getvalue()
    if isinstance(item, Audio):
        import soundfile

        extension = _known(wanted, _SOUNDS, ".wav")
        soundfile.write(buffer, np.clip(item.samples, -1, 1), item.rate, **_SOUNDS[extension])
        return extension, buffer.getvalue()
    _encode_video(item, buffer)
    return ".mp4", buffer.getvalue()


_PICTURES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".webp": "WEBP",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".avif": "AVIF",
}
_OPAQUE = {".jpg", ".bmp"}
_SOUNDS: dict[str, dict[str, str]] = {
    ".wav": {"format": "WAV", "subtype": "PCM_16"},
    ".flac": {"format": "FLAC", "subtype": "PCM_16"},
    ".ogg": {"format": "OGG", "subtype": "VORBIS"},
    ".mp3": {"format": "MP3", "subtype": "MPEG_LAYER_III"},
}


def _known(wanted: str | None, formats: Collection[str], default: str) -> str:
    if wanted and wanted not in formats:
        names = ", ".join(extension[1:].upper() for extension in formats)
        raise InputError(f"This cannot be saved as {wanted[1:].upper()}; it can be saved as {names}.")
    return wanted or default


def _on_white(picture: Image) -> Image:
    """The picture without transparency, which some formats lack."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    white = new_image("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _encode_video(video: Video, buffer: io.BytesIO) -> None:
    """H.264, which every browser plays. It takes even sizes only, so an odd row or column is cut off."""
    import av

    if not video.frames:
        raise BadOutput("The model made a video without a single frame.")
    width, height = (side - side % 2 for side in video.frames[0].size)
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(video.fps).limit_denominator(1000))
        track = container.add_stream("aac", _rate(video.sound), layout=_layout(video.sound)) if video.sound else None
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in video.frames:
            pixels = np.asarray(picture.convert("RGB").crop((0, 0, width, height)))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
        if track and video.sound:
            container.mux(track.encode(_packed(video.sound)))
            container.mux(track.encode())


def _rate(sound: Audio) -> int:
    """The sound's own rate where AAC has it, else the customary one."""
    import av

    return sound.rate if sound.rate in (av.Codec("aac", "w").audio_rates or ()) else 48_000


def _layout(sound: Audio) -> str:
    return "mono" if sound.samples.ndim == 1 else "stereo"


def _packed(sound: Audio) -> "AudioFrame":
    """All samples as FFmpeg takes them."""
    import av

    packed = np.ascontiguousarray(np.clip(sound.samples, -1, 1).reshape(1, -1), dtype=np.float32)
    frame: AudioFrame = av.AudioFrame.from_ndarray(packed, format="flt", layout=_layout(sound))
    frame.sample_rate = sound.rate
    return frame
