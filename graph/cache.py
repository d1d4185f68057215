"""Results of deterministic tasks, kept so that the same question to the same model is answered once."""

import asyncio
import hashlib
import json
import logging
import sqlite3
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from langgraph.cache.base import FullKey
from langgraph.cache.sqlite import SqliteCache
from upath import UPath

from graph.state import Choice
from tools.files.artifacts import digest
from tools.files.resources import is_reference
from tools.settings import Owner, settings
from tools.tasks import TASKS

DAYS = 30 * 24 * 3600  # how long a result is kept, in seconds
_RESULTS = "results"
log = logging.getLogger(__name__)


async def key(task: str, choice: Choice, inputs: Mapping[str, Any]) -> FullKey | None:
    """What the result depends on: model, revision, parameters, and the inputs by content. None: do not reuse it.

    The folder of results is part of it, so that nobody is given another owner's files.
    """
    if not TASKS[task].deterministic or choice.revision is None:
        return None
    return await asyncio.to_thread(_key, task, choice, inputs)


async def recall(key: FullKey) -> dict[str, Any] | None:
    """What was made before, or None if that is nothing, or if a file of it is gone or has changed."""
    return await asyncio.to_thread(_recall, key)


async def remember(key: FullKey, made: Mapping[str, Any]) -> None:
    """Keep what was made: ``text``, ``data`` and ``files``."""
    await asyncio.to_thread(_remember, key, made)


class Entry(NamedTuple):
    """A result that is kept: whose (empty on the own machine), under which key, its size in bytes, made when."""

    owner: str
    key: str
    bytes: int
    made: float


def entries() -> list[Entry]:
    """Everybody's results that are kept; those that are too old to be used are deleted."""
    return [Entry(*row) for row in store().list_results()]


def made_of(entry: Entry) -> dict[str, Any] | None:
    """What an entry holds."""
    key: FullKey = ((_RESULTS, entry.owner), entry.key)
    return store().get([key]).get(key)


def forget(gone: Sequence[Entry]) -> None:
    """Delete entries for good."""
    store().drop([(f"{_RESULTS},{entry.owner}", entry.key) for entry in gone])


def _owner() -> str:
    owner = Owner.of_run()
    return owner.name if owner else ""


def _key(task: str, choice: Choice, inputs: Mapping[str, Any]) -> FullKey | None:
    try:
        contents = {name: _content(task, name, value) for name, value in inputs.items()}
    except OSError:  # a link, or a file that cannot be read: the tool will say so
        return None
    facts = [str(settings().out.absolute()), task, choice.model, choice.revision, choice.backend, contents]
    return (_RESULTS, _owner()), hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _content(task: str, name: str, value: object) -> object:
    """A text itself, and a file by what is in it."""
    if isinstance(value, list):
        return [_content(task, name, item) for item in value]
    slot = TASKS[task].slot(name)
    if isinstance(value, str) and slot and (slot.modality != "text" or is_reference(value)):
        return {"sha256": digest(value)}
    return value


def _recall(key: FullKey) -> dict[str, Any] | None:
    try:
        made: dict[str, Any] | None = store().get([key]).get(key)
        unchanged = made and all(_unchanged(file, content) for file, content in made["files"].items())
    except (OSError, sqlite3.Error):
        return None
    return {**made, "files": list(made["files"])} if made and unchanged else None


def _unchanged(file: str, content: str) -> bool:
    """Asks the place itself first: a copy of what lies in object storage outlives it for a while."""
    return UPath(file).is_file() and digest(file) == content


def _remember(key: FullKey, made: Mapping[str, Any]) -> None:
    try:
        kept = {**made, "files": {file: digest(file) for file in made["files"]}}
        store().set({key: (kept, DAYS)})
    except (OSError, sqlite3.Error) as error:  # a full disk costs the next run time, and this one nothing
        log.warning("A result was not kept for reuse: %s", error)


def store() -> "Store":
    """The file in which things are kept between runs. Opens it: never on the event loop.

    Raises:
        OSError, sqlite3.Error: it cannot be opened.
    """
    return _open(settings().cache_folder)


class Store(SqliteCache[dict[str, Any]]):
    """LangGraph's cache in a file, whose entries can be listed, and deleted so that the file holds them no more."""

    def __init__(self, path: Path) -> None:
        super().__init__(path=str(path))
        self._conn.execute("PRAGMA synchronous=OFF")  # a power failure may cost a cache its newest entries
        self._conn.execute("PRAGMA secure_delete=ON")

    def list_results(self) -> list[tuple[str, str, int, float]]:
        """(owner, key, bytes, made when) of results; whatever has expired is deleted."""
        with self._lock, self._conn:
            self._conn.execute("DELETE FROM cache WHERE expiry < ?", (time.time(),))
            rows = self._conn.execute(
                f"SELECT substr(ns, {len(_RESULTS) + 2}), key, length(val), expiry - {DAYS} FROM cache"  # noqa: S608 - numbers
                " WHERE ns = ? OR ns LIKE ?",
                (_RESULTS, f"{_RESULTS},%"),
            )
            return rows.fetchall()

    def drop(self, keys: Sequence[tuple[str, str]]) -> None:
        """Delete entries by (namespace, key), from the log of writes, too."""
        with self._lock:
            with self._conn:
                self._conn.executemany("DELETE FROM cache WHERE ns = ? AND key = ?", keys)
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@lru_cache(maxsize=8)
def _open(folder: Path) -> Store:
    folder.mkdir(parents=True, exist_ok=True)
    return Store(folder / "results.sqlite")
