"""Files: results with their provenance, uploads, what was fetched from links, and what was thought of answers."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from upath import UPath

from app.data import copies
from app.data.item import OWN, Content, Item
from tools.files import places
from tools.settings import process_settings

_FOLDERS = {"uploads", "inputs"}  # of an owner: in them every upload and every input has a folder of its own
_OTHERS = _FOLDERS | {"feedback", "feedback.jsonl"}
_LOCAL = "local"  # who a server without keys has for an owner
_BROWSER = re.compile(r"[0-9a-f]{32}")
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")  # as storages call it
_RECORD = {"file", "task", "sha256", "created"}
_BESIDE = {".json", ".link"}  # the suffixes of what tells of another file
Found = tuple[UPath, dict[str, Any]]  # a file, and what its storage tells of it


class Files:
    """The folder of results. Of the own machine's only what this program made is touched: others may lie beside it."""

    async def items(self, owner: str | None) -> list[Item]:
        """A file and what tells of it are one thing."""
        return await asyncio.to_thread(lambda: list(_items(owner)))

    async def delete(self, items: Sequence[Item]) -> list[Item]:
        """Delete them, and their copies on this machine."""
        await asyncio.to_thread(_delete, [place for item in items for place in item.where])
        return []

    async def content(self, item: Item) -> Content:
        """The file and its provenance."""
        for place in item.where:
            with suppress(FileNotFoundError):  # deleted meanwhile
                yield f"files/{place.relative_to(_root())}", await asyncio.to_thread(place.read_bytes)


def stored(owner: str) -> int:
    """How many bytes an owner's files take. Looks at the disk."""
    return sum(item.bytes for item in _items(owner))


def _root() -> UPath:
    out = process_settings().out
    return out if places.is_remote(out) else out.absolute()


def _items(owner: str | None) -> Iterator[Item]:
    root = _root()
    root.fs.invalidate_cache()  # other processes write there, too
    for name in _owners(root) if owner is None else [owner]:
        folder = root / name if name else root
        groups = defaultdict[UPath, list[Found]](list)
        for place, facts in _listing(folder):
            apart = place.parent.parent.name in _FOLDERS
            groups[place.parent if apart else place.with_suffix("")].append((place, facts))
        for together in groups.values():
            if name != OWN or _is_ours(root, [place for place, _ in together]):
                yield _item(name, folder, together)


def _item(name: str, folder: UPath, together: list[Found]) -> Item:
    together.sort(key=_place_in_group)
    inside = together[0][0].relative_to(folder)
    browser = inside.parts[0] if name and _BROWSER.fullmatch(inside.parts[0]) else ""
    return Item(
        kind="file",
        owner=f"{name}/{browser}" if browser else name,
        name=str(inside),
        bytes=sum(int(facts.get("size") or 0) for _, facts in together),
        used=max(_time(facts) for _, facts in together),
        where=[place for place, _ in together],
    )


def _place_in_group(file: Found) -> tuple[bool, str]:
    """What is told of before what tells."""
    place = file[0]
    return place.suffix in _BESIDE or place.name in _BESIDE, place.name


def _owners(root: UPath) -> list[str]:
    """Who has a folder there. Without keys nothing tells other folders from those of the machine's user."""
    names = [place.name for place in root.iterdir() if place.is_dir()] if root.is_dir() else []
    served = process_settings().keys is not None
    return [OWN, *(name for name in names if name == _LOCAL or (served and name not in _OTHERS and name[:1] != "."))]


def _listing(folder: UPath) -> list[Found]:
    """Every file in it, by one question to its storage."""
    try:
        listed: dict[str, dict[str, Any]] = folder.fs.find(folder.path, detail=True)
    except FileNotFoundError:
        return []
    base = folder.path.rstrip("/")
    return [(folder / path.removeprefix(base).lstrip("/"), facts) for path, facts in listed.items()]


def _is_ours(root: UPath, together: list[UPath]) -> bool:
    parts = together[0].relative_to(root).parts
    return parts[0] in _OTHERS or (len(parts) == 1 and any(map(_is_record, together)))


def _is_record(place: UPath) -> bool:
    if place.suffix != ".json":
        return False
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.keys() >= _RECORD


def _time(facts: dict[str, Any]) -> float:
    value = next((facts[name] for name in _TIMES if facts.get(name)), 0.0)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.timestamp() if isinstance(value, datetime) else float(value)


def _delete(files: list[UPath]) -> None:
    """What tells of a file goes last: where this is cut off half-way, the rest is still known as ours."""
    copies.forget([place for place in files if not places.is_remote(place)])
    for place in sorted(files, key=lambda place: place.suffix in _BESIDE):
        places.remove(place)
        if place.parent.parent.name in _FOLDERS and not places.is_remote(place):
            with suppress(OSError):  # not empty yet
                place.parent.rmdir()
