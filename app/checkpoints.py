"""Where conversations are kept: one SQLite file beside the results, or the Postgres that a server shares."""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.store.base import BaseStore
from langgraph.store.sqlite.aio import AsyncSqliteStore

from app.lasting import LastingSaver
from app.leases import Leases
from graph.state import SERDE
from tools.errors import ConfigError
from tools.files.places import at_hand
from tools.settings import process_settings, settings


def new_thread() -> str:
    """A name for a conversation that no other has."""
    return uuid.uuid4().hex[:12]


def path() -> Path:
    """The file, in the folder of results, or on this disk where those lie elsewhere."""
    return at_hand(settings().out) / "threads.sqlite"


@asynccontextmanager
async def saver() -> AsyncIterator[LastingSaver]:
    """The conversations, open for reading and writing; where the disk is full later they go on in memory.

    Raises:
        ConfigError: they cannot be opened or read.
    """
    try:
        await asyncio.to_thread(path().parent.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"Cannot write to {path().parent}: {error.strerror}. Choose another folder with --out."
        ) from error
    try:
        async with aiosqlite.connect(path()) as connection:
            # With the write-ahead log that the saver turns on, a killed process loses nothing; a commit is 5 ms faster.
            await connection.execute("PRAGMA synchronous=NORMAL")
            await connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten
            yield LastingSaver(connection, serde=SERDE)
    except sqlite3.Error as error:
        raise ConfigError(unusable(error)) from error


def unusable(error: sqlite3.Error) -> str:
    """What to tell when conversations cannot be kept."""
    return f"{path()} cannot be used ({error}); make room, mend or move it, or choose another folder with --out."


class Memory(NamedTuple):
    """What a server remembers: checkpoints, notes about them, and which process works on what."""

    saver: BaseCheckpointSaver[Any]
    store: BaseStore
    leases: Leases
    pool: Any = None  # of connections to Postgres, where that is what remembers

    async def query(self, question: LiteralString, *given: object) -> list[dict[str, Any]]:
        """Ask Aegra's tables; nothing is found where there are none, as in SQLite or before a server first started."""
        if self.pool is None:
            return []
        from psycopg.errors import UndefinedTable

        async with self.pool.connection() as connection:
            try:
                cursor = await connection.execute(question, given)
            except UndefinedTable:
                return []
            return await cursor.fetchall() if cursor.description else []

    async def wipe(self) -> None:
        """Let what was deleted leave the files of SQLite; Postgres does so by itself, when it vacuums."""
        for kept in (self.saver, self.store):
            if isinstance(kept, AsyncSqliteSaver | AsyncSqliteStore):
                async with kept.lock, kept.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)") as done:
                    await done.fetchall()


class LazyMemory:
    """A server's memory, opened when it is first needed, and once only."""

    def __init__(self) -> None:
        self._memory: Memory | None = None
        self._stack, self._lock = AsyncExitStack(), asyncio.Lock()

    async def __call__(self) -> Memory:
        """The memory. Raises ConfigError."""
        async with self._lock:
            if self._memory is None:
                self._memory = await self._stack.enter_async_context(memory())
        return self._memory

    async def close(self) -> None:
        """Close it, if it was opened."""
        async with self._lock:
            self._memory = None
            await self._stack.aclose()


@asynccontextmanager
async def memory() -> AsyncIterator[Memory]:
    """The server's memory: in Postgres, where every process has the same, else in SQLite.

    Raises:
        ConfigError: it cannot be opened.
    """
    database = process_settings().database
    if database is None:
        titles = path().with_name("titles.sqlite")  # two connections that write to one file lock each other out
        async with saver() as checkpoints, AsyncSqliteStore.from_conn_string(str(titles)) as store:
            await store.setup()
            await store.conn.execute("PRAGMA secure_delete=ON")
            yield Memory(checkpoints, store, Leases())
        return
    async with AsyncExitStack() as stack:
        yield await _shared(database.get_secret_value(), stack)


async def _shared(address: str, stack: AsyncExitStack) -> Memory:
    from psycopg import OperationalError

    try:
        return await _opened(address, stack)
    except OperationalError as error:  # whose words hold the address, and with it the password
        raise ConfigError(
            f"The database cannot be reached or used ({type(error).__name__}); check HUGGINGGPT_DATABASE."
        ) from None


async def _opened(address: str, stack: AsyncExitStack) -> Memory:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from langgraph.store.postgres.aio import AsyncPostgresStore
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    options = {"autocommit": True, "prepare_threshold": None, "row_factory": dict_row}  # None suits PgBouncer, too
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        address, min_size=1, max_size=10, kwargs=options, open=False, check=AsyncConnectionPool.check_connection
    )
    await stack.enter_async_context(pool)
    checkpoints, store, leases = AsyncPostgresSaver(pool, serde=SERDE), AsyncPostgresStore(pool), Leases(pool)
    for tables in (checkpoints.setup, store.setup, leases.set_up):
        await tables()
    return Memory(checkpoints, store, leases, pool)


async def newest(opened: AsyncSqliteSaver, limit: int = 50) -> list[str]:
    """Thread ids, the one that was used last first."""
    await opened.setup()
    query = "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY max(checkpoint_id) DESC LIMIT ?"
    async with opened.conn.execute(query, (limit,)) as rows:
        return [thread async for (thread,) in rows]
