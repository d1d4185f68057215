"""Faults of the disk and of what is kept on it: results, conversations, the cache, files that users gave."""

import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.checkpoints import path as conversations
from benchmarks.faults.bench import PAINT, PAINTED, READ, READING, UNTOUCHED, WORDS, Befall, Bench, Row, Seen
from benchmarks.support.misbehaviour import Good, well
from tools.settings import override, settings

ALL = frozenset({0, 1, 2})
PAGE = 64  # bytes that a file may have where the disk is full
READ_ONLY = Path("/sys/hugginggpt")  # nobody makes a folder there, root neither


def rows() -> Iterator[Row]:
    """All of them; what is done to the disk in mid-run is done while the controller plans."""
    yield Row("save", "a file where the folder of results should be", "Cannot write to", _folder("file"), quick=True)
    yield Row("save", "a read-only folder of results", "Cannot write to", _folder("read-only"))
    yield Row(
        "save", "the disk is full from the plan on", "cannot be written|No space|large", _full, UNTOUCHED, quick=True
    )
    yield Row("save", "the folder of results is deleted in mid-run", "", _meanwhile(_wipe, PAINTED), ALL, quick=True)
    yield Row("save", "SQLite locked from the start", "database is locked", _locked, quick=True)
    yield Row("save", "SQLite locked in mid-run", "what came of it", _locked_meanwhile, ALL)
    yield Row("save", "SQLite corrupt from the start", "cannot be used", _corrupt, quick=True)
    yield Row("save", "SQLite corrupt in mid-run", "what came of it", _meanwhile(_spoil, PAINTED), ALL)
    yield Row("save", "SQLite deleted in mid-run", "what came of it", _deleted, ALL)
    yield Row("save", "the cache is corrupt", "what came of it", _cache(_noise), ALL, quick=True)
    yield Row("save", "the cache is locked", "what came of it", _cache(_lock), ALL)
    yield Row("files", "a file is deleted in mid-run", "words.txt", _gone, UNTOUCHED, quick=True)
    yield Row("files", "a file is cut short in mid-run", "is empty|No text", _emptied, UNTOUCHED)
    yield Row("execute", "out of file handles in mid-run", "", _handles, quick=True)


def _folder(kind: str) -> Befall:
    async def befall(bench: Bench) -> Seen:
        (bench.folder / "file").write_text("in the way")
        override(out=bench.folder / "file" if kind == "file" else READ_ONLY)
        return await bench.ask()

    return befall


def _meanwhile(do: Callable[[Bench], None], plan: str, asked: str = PAINT, *files: str) -> Befall:
    """Do it once the request has begun."""

    async def befall(bench: Bench) -> Seen:
        def fault(handler: object, good: Good) -> None:
            do(bench)
            well(handler, good)  # type: ignore[arg-type]  # as it came

        bench.server.plan = plan
        bench.server.misbehave("plan", fault, well)
        return await bench.ask(asked, *(str(bench.folder / name) for name in files))

    return befall


async def _full(bench: Bench) -> Seen:
    with _limit_kept(resource.RLIMIT_FSIZE):
        return await _meanwhile(lambda _: _limit(resource.RLIMIT_FSIZE, PAGE), PAINTED)(bench)


async def _handles(bench: Bench) -> Seen:
    with _limit_kept(resource.RLIMIT_NOFILE):
        return await _meanwhile(lambda _: _limit(resource.RLIMIT_NOFILE, _open_files() + 2), PAINTED)(bench)


def _open_files() -> int:
    return max(int(entry.name) for entry in Path("/proc/self/fd").iterdir()) + 1


def _limit(kind: int, most: int) -> None:
    resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


@contextmanager
def _limit_kept(kind: int) -> Iterator[None]:
    before = resource.getrlimit(kind)
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


def _wipe(_bench: Bench) -> None:
    for entry in Path(str(settings().out)).iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif "sqlite" not in entry.name:
            entry.unlink()


def _spoil(_bench: Bench) -> None:
    for name in ("threads.sqlite", "threads.sqlite-wal"):
        with conversations().with_name(name).open("r+b") as file:  # not made shorter: the program has it in memory
            file.write(b"no" * 50_000)


def _unlink(_bench: Bench) -> None:
    for file in conversations().parent.glob("threads.sqlite*"):
        file.unlink()


async def _deleted(bench: Bench) -> Seen:
    seen = await _meanwhile(_unlink, PAINTED)(bench)
    seen.kept = None  # as whoever deletes it wants it
    return seen


async def _corrupt(bench: Bench) -> Seen:
    conversations().parent.mkdir(parents=True)
    conversations().write_bytes(b"no database " * 2000)
    return await bench.ask()


async def _locked(bench: Bench) -> Seen:
    conversations().parent.mkdir(parents=True)
    with _held(conversations()):
        return await bench.ask()


async def _locked_meanwhile(bench: Bench) -> Seen:
    held: list[sqlite3.Connection] = []
    try:
        return await _meanwhile(lambda _: held.append(_lock(conversations())), PAINTED)(bench)
    finally:
        for connection in held:
            connection.close()


@contextmanager
def _held(file: Path) -> Iterator[None]:
    connection = _lock(file)
    try:
        yield
    finally:
        connection.close()


def _lock(file: Path) -> sqlite3.Connection:
    """Nobody else writes to the database from now on."""
    connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def _noise(file: Path) -> None:
    file.write_bytes(b"no database " * 2000)


def _cache(spoil: Callable[[Path], object]) -> Befall:
    async def befall(bench: Bench) -> Seen:
        settings().cache_folder.mkdir(parents=True)
        held = spoil(settings().cache_folder / "results.sqlite")
        try:
            bench.server.plan = PAINTED
            return await bench.ask(PAINT, cache=True)
        finally:
            if isinstance(held, sqlite3.Connection):
                held.close()

    return befall


async def _gone(bench: Bench) -> Seen:
    return await _given(bench, lambda file: file.unlink())


async def _emptied(bench: Bench) -> Seen:
    return await _given(bench, lambda file: file.write_bytes(b""))


async def _given(bench: Bench, do: Callable[[Path], object]) -> Seen:
    file = bench.folder / "words.txt"
    file.write_text(WORDS)
    return await _meanwhile(lambda _: (do(file), None)[1], READING, READ, "words.txt")(bench)
