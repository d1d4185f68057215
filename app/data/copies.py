"""What the page's framework keeps for its browsers: uploads on their way in, and copies of what it shows.

Each server process has a folder of its own for them, beside the other things that may be deleted at any time. They
bear no owner's name: a copy is known by its content.
"""

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from upath import UPath

from app.data.item import OWN, Content, Item
from tools.settings import process_settings


def new_folder() -> Path:
    """A folder for this process, in which Gradio itself deletes what is older than a day."""
    _folder().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=_folder()))
    with suppress(OSError):
        _lock(folder)  # for as long as the process lives
    return folder


class Copies:
    """What processes left behind that were killed. Nothing says whose it is."""

    async def items(self, owner: str | None) -> list[Item]:
        """Their folders; a living process's copies go with the files that they are copies of."""
        return await asyncio.to_thread(lambda: list(_items())) if owner is None else []

    async def delete(self, items: Sequence[Item]) -> list[Item]:
        """Delete them."""
        for item in items:
            await asyncio.to_thread(shutil.rmtree, item.where, ignore_errors=True)
        return []

    async def content(self, _item: Item) -> Content:
        """Nothing: what they are copies of is exported."""
        return
        yield


_LOCK = ".lock"


def forget(originals: Iterable[UPath]) -> None:
    """Delete the copies of these files of this disk."""
    by_size: dict[int, list[Path]] = {}
    for copy in _copies():
        with suppress(OSError):
            by_size.setdefault(copy.stat().st_size, []).append(copy)
    for original in originals if by_size else ():
        with suppress(OSError):
            path = Path(str(original))
            alike, content = by_size.get(path.stat().st_size, []), cache(lambda path=path: _digest(path))
            for copy in alike:
                if _digest(copy) == content():
                    copy.unlink()


def _folder() -> Path:
    return process_settings().cache_folder / "page"


def _copies() -> Iterator[Path]:
    return (path for path in _folder().glob("*/**/*") if path.is_file())


def _items() -> Iterator[Item]:
    for folder in _folder().glob("*/"):
        with suppress(OSError):
            os.close(_lock(folder))
            files = [path.stat() for path in folder.rglob("*") if path.is_file() and path.name != _LOCK]
            size, used = sum(file.st_size for file in files), max((file.st_mtime for file in files), default=0.0)
            yield Item("page copy", OWN, folder.name, size, used, folder)


def _lock(folder: Path) -> int:
    """Hold the folder as long as what is returned, a file's number, is open. Raises OSError: another process does."""
    file = os.open(folder / _LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock

        flock(file, LOCK_EX | LOCK_NB)
    except ImportError as error:  # on Windows nothing tells who is alive
        os.close(file)
        raise OSError("There are no locks.") from error
    except OSError:
        os.close(file)
        raise
    return file


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
