"""Our own server process on uvicorn: all routes, and conversations in Postgres or SQLite. It needs no licence."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import uvicorn
from langgraph.checkpoint.base import BaseCheckpointSaver
from starlette.applications import Starlette

from app.checkpoints import SERDE, saver
from app.server import keys, threads
from app.server.guard import is_loopback
from app.server.locks import Locks
from app.server.main import create_app
from app.server.threads import Threads
from graph import build
from tools.errors import ConfigError
from tools.settings import override, settings

ROUTES = [
    ("POST", "/threads", threads.create),
    ("GET", "/threads/{thread_id}/state", threads.state),
    ("DELETE", "/threads/{thread_id}", threads.delete),
    ("POST", "/threads/{thread_id}/runs/wait", threads.wait),
    ("POST", "/threads/{thread_id}/runs/stream", threads.stream),
]


def serve(host: str, port: int) -> None:
    """Serve until stopped; a request that outlasts the grace is left in its checkpoint, to be resumed.

    Raises:
        ConfigError: the address is open and there are no keys.
    """
    if not is_loopback(host) and not keys.load(settings().keys):
        raise ConfigError(f"To listen on {host} set HUGGINGGPT_KEYS to a file of keys (`hugginggpt key OWNER`).")
    if not settings().public_url:
        override(public_url=f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}")  # noqa: S104 - a comparison
    app, grace = application(), round(settings().grace)
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=grace, server_header=False)


def application() -> Starlette:
    """All routes of this process. Raises ConfigError."""
    return create_app(settings(), ROUTES, _conversations)


@asynccontextmanager
async def _conversations(app: Starlette) -> AsyncIterator[None]:
    """The conversations, open as long as the application runs."""
    async with AsyncExitStack() as stack:
        saver, locks = await _opened(stack)
        app.state.threads = Threads(build().compile(checkpointer=saver, name="hugginggpt"), locks)
        yield


async def _opened(stack: AsyncExitStack) -> tuple[BaseCheckpointSaver[Any], Locks]:
    database = settings().database
    if database is None:
        return await stack.enter_async_context(saver()), Locks()
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection, OperationalError
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    address = database.get_secret_value()
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    try:
        connection = await stack.enter_async_context(await AsyncConnection.connect(address, autocommit=True))
    except OperationalError:
        raise ConfigError("The database of HUGGINGGPT_DATABASE cannot be reached; check its address.") from None
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(address, min_size=1, max_size=10, kwargs=options, open=False)
    await stack.enter_async_context(pool)
    keeper = AsyncPostgresSaver(pool, serde=SERDE)
    await keeper.setup()
    return keeper, Locks(connection)
