"""What people upload, kept in their own folder."""

import asyncio
import secrets
from pathlib import Path

from upath import UPath

from tools.errors import InputError
from tools.files.artifacts import writing
from tools.files.places import write
from tools.files.resources import admit
from tools.settings import settings


async def keep(filename: str, content: bytes) -> str:
    """Save an upload under the name it came with, and check that it is what it claims to be.

    Raises:
        ResourceError: it is not; nothing is kept.
    """
    name = Path(filename.replace("\\", "/").replace("\0", "")).name.lstrip(".")
    name = f"{Path(name).stem[:50]}{Path(name).suffix[:10]}" or "file"  # file systems take 255 bytes
    path = settings().out / "uploads" / secrets.token_hex(8) / name
    await asyncio.to_thread(_write, path, content)
    try:
        return await admit(str(path))
    except InputError:
        await asyncio.to_thread(path.unlink)
        raise


def _write(path: UPath, content: bytes) -> None:
    with writing(path.parent):
        write(path, content)
