"""What the page's framework keeps for its browsers: uploads on their way in, and copies of what it shows.

Each server process has a folder of its own for them, beside the other things that may be deleted at any time. They
bear no owner's name: a copy is known by its content.
"""

import asyncio
import hashlib
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
    """A folder for one server process."""
    _folder().mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=_folder()))


class Copies:
    """Everybody's copies, of processes that were killed, too. Nothing says whose they are, so all are the server's."""

    async def items(self, owner: str | None) -> list[Item]:
        """They go by age; an owner's go with the files that they are copies of."""
        return await asyncio.to_thread(lambda: list(_items())) if owner is None else []

    async def delete(self, items: Sequence[Item]) -> list[Item]:
        """Delete them; what still shows one draws it anew."""
        for item in items:
            await asyncio.to_thread(shutil.rmtree, item.where, ignore_errors=True)
        return []

    async def content(self, _item: Item) -> Content:
        """Nothing: what they are copies of is exported."""
        return
        yield


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
    for folder in _folder().glob("*/*"):
        files = [path.stat() for path in folder.rglob("*") if path.is_file()]
        size, used = sum(file.st_size for file in files), max((file.st_mtime for file in files), default=0.0)
        yield Item("page copy", OWN, f"{folder.parent.name}/{folder.name}", size, used, folder)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
