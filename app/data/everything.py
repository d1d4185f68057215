"""All shelves as one: what is there, what of it is wanted, and what becomes of it."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, cast

from app.checkpoints import Memory
from app.data.conversations import Conversations
from app.data.copies import Copies
from app.data.files import Files
from app.data.item import Choice, Item, Shelf
from app.data.notes import Notes, Rows
from app.data.reused import Reused

KINDS = ("conversation", "file", "reused", "note", "answer", "assistant", "cron", "page copy")


@dataclass
class Deleted:
    """What was deleted, and what stays because a request works on it."""

    gone: list[Item] = field(default_factory=list)
    busy: list[Item] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """How many of each kind, and how many bytes."""
        return {"deleted": counted(self.gone), "busy": [item.name for item in self.busy]}


class Everything:
    """What this server, or this machine, keeps."""

    def __init__(self, memory: Memory) -> None:
        shelves: list[Shelf] = [Conversations(memory), Files(), Reused(), Notes(memory), Rows(memory), Copies()]
        self._shelves = shelves

    async def items(self, choice: Choice) -> list[Item]:
        """What is chosen, the oldest first."""
        chosen = [item for shelf in self._shelves for item in await self._on(shelf, choice)]
        return sorted(chosen, key=lambda item: item.used)

    async def delete(self, choice: Choice) -> Deleted:
        """Delete what is chosen, for good."""
        deleted = Deleted()
        for shelf in self._shelves:
            chosen = await self._on(shelf, choice)
            busy = await shelf.delete(chosen)
            deleted.gone += [item for item in chosen if item not in busy]
            deleted.busy += busy
        return deleted

    async def exported(self, choice: Choice) -> AsyncIterator[bytes]:
        """A zip of what is chosen, piece by piece; ``index.json`` in it lists all."""
        pieces, listed = _Pieces(), list[dict[str, Any]]()
        with zipfile.ZipFile(cast("IO[bytes]", pieces), "w", zipfile.ZIP_DEFLATED) as archive:
            for shelf in self._shelves:
                for item in await self._on(shelf, choice):
                    listed.append(shown(item))
                    async for name, content in shelf.content(item):
                        archive.writestr(name, content)
                        yield pieces.taken()
            archive.writestr("index.json", json.dumps(listed, ensure_ascii=False, indent=1))
        yield pieces.taken()

    async def _on(self, shelf: Shelf, choice: Choice) -> list[Item]:
        return [item for item in await shelf.items(choice.owner) if choice.takes(item)]


def shown(item: Item) -> dict[str, Any]:
    """An item as JSON."""
    values = {name: value for name, value in asdict(item).items() if name != "where"}
    return values | {"used": datetime.fromtimestamp(item.used, UTC).isoformat(timespec="seconds")}


def counted(items: list[Item]) -> dict[str, dict[str, int]]:
    """How many there are of each kind, and their bytes."""
    return {
        kind: {"number": len(sizes), "bytes": sum(sizes)}
        for kind in KINDS
        if (sizes := [item.bytes for item in items if item.kind == kind])
    }


class _Pieces(io.RawIOBase):
    """A file that can only be written, and gives away what was written so far."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - a buffer of any type
        """Add to it."""
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece, self._written = bytes(self._written), bytearray()
        return piece
