"""Where files lie: in folders of this disk, or in object storage behind any fsspec URL, such as ``s3://bucket/folder``."""

import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from upath import UPath

from tools.settings import process_settings

_UNUSED = 3600.0  # seconds after which a copy of what lies elsewhere is deleted


def is_remote(place: UPath) -> bool:
    """Whether it lies in object storage rather than on this disk."""
    return place.protocol not in {"", "file"}


def in_store(reference: str) -> bool:
    """Whether a reference names something in the object storage where results are written: of any owner."""
    return is_remote(process_settings().out) and reference.startswith(f"{process_settings().out}/")


def here(reference: str | UPath) -> Path:
    """A file of this disk with the content of the one named: itself, or a copy that is kept for a while.

    Not for the event loop. Raises OSError where there is no such file.
    """
    place = UPath(reference)
    if not is_remote(place):
        return Path(str(place))
    copy = _copy(place)
    if copy.is_file():
        os.utime(copy.parent)
    else:
        _prune(copy.parent.parent)
        _fetch(place, copy)
    return copy


def exists(reference: str | UPath) -> bool:
    """Whether there is such a file, as far as this machine knows: nobody is asked about what was copied lately."""
    place = UPath(reference)
    return (is_remote(place) and _copy(place).is_file()) or place.is_file()


def claim(place: UPath) -> None:
    """Make an empty file that nobody else has made. Raises FileExistsError."""
    if is_remote(place):
        place.fs.pipe_file(place.path, b"", mode="create")  # S3 itself refuses a second one
    else:
        place.open("x").close()


def write(place: UPath, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it: object storage does so by itself."""
    if is_remote(place):
        place.write_bytes(content)
        return
    part = place.with_name(f".{place.name}.part")
    try:
        part.write_bytes(content)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def remove(place: UPath) -> None:
    """Delete a file, and the copy of it that this disk may hold."""
    place.unlink(missing_ok=True)
    if is_remote(place):
        shutil.rmtree(_copy(place).parent, ignore_errors=True)


def adopt(file: Path, place: UPath) -> None:
    """Move a file of this disk there, likewise."""
    if is_remote(place):
        place.fs.put_file(str(file), place.path)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    file.replace(str(place))


def scratch(folder: UPath) -> Path:
    """A folder of this disk for what is on its way into that one: the same, where a move is then enough."""
    if is_remote(folder):
        return Path(tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    return Path(str(folder))


def at_hand(folder: UPath) -> Path:
    """The folder of this disk for what no object storage can hold, such as a database: itself, or one in its stead."""
    if not is_remote(folder):
        return Path(str(folder))
    return process_settings().cache_folder / "at-hand" / hashlib.sha256(str(folder).encode()).hexdigest()[:24]


def within(folder: UPath, name: str) -> UPath | None:
    """The file of that name inside the folder; nothing hidden, nothing outside, no links out of it."""
    try:
        parts = Path(name).parts
        if not parts or Path(name).is_absolute() or any(part.startswith(".") for part in parts):
            return None
        root = folder.resolve()
        place = root.joinpath(*parts).resolve()
        return place if place.is_relative_to(root) and place.is_file() else None
    except (OSError, ValueError):  # a null byte, a name too long
        return None


def _copy(place: UPath) -> Path:
    name = hashlib.sha256(str(place).encode()).hexdigest()[:24]
    return process_settings().cache_folder / "copies" / name / place.name


def _fetch(place: UPath, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copy.parent) as folder:
        part = Path(folder) / copy.name
        place.fs.get_file(place.path, str(part))
        part.replace(copy)


def _prune(folder: Path) -> None:
    old = time.time() - _UNUSED
    for copy in folder.iterdir() if folder.is_dir() else ():
        if copy.stat().st_mtime < old:
            shutil.rmtree(copy, ignore_errors=True)
