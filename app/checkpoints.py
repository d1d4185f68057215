"""Where conversations are kept: one SQLite file beside the results, or the Postgres that a server shares."""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.store.base import BaseStore
from langgraph.store.sqlite.aio import AsyncSqliteStore

from app.lasting import LastingSaver
from app.leases import Leases
from graph.state import Job, Plan, Result
from tools.errors import ConfigError
from tools.files.places import at_hand
from tools.settings import process_settings, settings

SERDE = JsonPlusSerializer(allowed_msgpack_modules=[Plan, Job, Result])  # nothing else of ours is ever stored


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
    return Memory(checkpoints, store, leases)


async def newest(opened: AsyncSqliteSaver, limit: int = 50) -> list[str]:
    """Thread ids, the one that was used last first."""
    await opened.setup()
    query = "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY max(checkpoint_id) DESC LIMIT ?"
    async with opened.conn.execute(query, (limit,)) as rows:
        return [thread async for (thread,) in rows]
