"""The server for many: our routes and the whole LangGraph API in one process, run by Aegra on Postgres and Redis."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from app.server.auth import auth
from graph.state import SERDE
from tools.errors import ConfigError
from tools.settings import Settings

PATIENCE = 300  # seconds for which a process waits while another makes the tables
CONFIG = Path(__file__).parents[2] / "aegra.json"
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_SHARE = "SELECT pg_try_advisory_lock_shared(hashtextextended(%s, 0))"
_STARTING, _ALONE = "hugginggpt starting", "hugginggpt alone"
_LEFT = "UPDATE runs SET status = 'interrupted' WHERE status IN ('pending', 'running')"
_UNFINISHED = "SELECT count(*) AS number FROM runs WHERE user_id = %s AND status IN ('pending', 'running')"
_FREED = "UPDATE thread SET status = 'idle' WHERE status = 'busy'"


def application(options: Settings) -> FastAPI:
    """Aegra's application with ours in it. Its settings are read from the environment when it is first imported.

    Raises:
        ConfigError: a package is missing, or Postgres or Redis cannot be reached.
    """
    assert options.database is not None  # noqa: S101 - the reason to be here
    os.environ.update(_environment(options, options.database))
    try:
        _reach(options)
        if options.redis:
            _tell_ends_at_once()
        from aegra_api.core.auth_middleware import get_auth_instance
        from aegra_api.main import app

        from app.server.turns import Turns
    except ImportError as error:
        raise ConfigError(
            "HUGGINGGPT_DATABASE needs Python 3.12 or newer and the extra `cluster`: pip install hugginggpt[cluster]."
        ) from error
    if get_auth_instance() is not auth:  # Aegra goes on without, and everyone would be the same person
        raise ConfigError(f"{CONFIG} names no usable auth handler.")
    app.user_middleware = [entry for entry in app.user_middleware if entry.cls is not CORSMiddleware or _ours(entry)]
    app.user_middleware.append(Middleware(Turns))  # innermost: after the guard, which tells whose the request is
    app.state.database_answers = _database_answers
    app.state.quotas.waiting = _unfinished
    app.router.lifespan_context = _one_at_a_time(app.router.lifespan_context, options)
    served: FastAPI = app
    return served


def _environment(options: Settings, database: SecretStr) -> dict[str, str]:
    """What Aegra is told. Its variables for workers, leases and crons may be set beside ours."""
    given = {
        "AEGRA_CONFIG": str(CONFIG),
        "AUTH_TYPE": "custom",
        "DATABASE_URL": database.get_secret_value(),
        "SERVER_URL": options.public_url or "",
        "REDIS_BROKER_ENABLED": str(options.redis is not None),
        "WORKER_DRAIN_TIMEOUT": str(options.grace),
    }
    if options.redis:
        given["REDIS_URL"] = options.redis.get_secret_value()
    usual = {
        "LOG_LEVEL": "WARNING",
        "LEASE_DURATION_SECONDS": "30",  # a lost process is noticed after that and the next round, 35 s at most
        "HEARTBEAT_INTERVAL_SECONDS": "10",
        "REAPER_INTERVAL_SECONDS": "5",
        "STUCK_PENDING_THRESHOLD_SECONDS": "30",
    }
    return given | {name: os.environ.get(name, value) for name, value in usual.items()}


def _reach(options: Settings) -> None:
    """Say so at once, in a sentence, if what the server stands on is not there."""
    import psycopg
    from redis import Redis, RedisError

    assert options.database is not None  # noqa: S101
    try:
        with psycopg.connect(options.database.get_secret_value(), connect_timeout=10) as connection:
            alone = connection.execute(_SHARE if options.redis else _LOCK, (_ALONE,)).fetchone()
    except psycopg.Error:
        raise ConfigError("The database of HUGGINGGPT_DATABASE cannot be reached; check its address.") from None
    if alone != (True,):
        raise ConfigError("Another process serves this database: to share it, set HUGGINGGPT_REDIS for all of them.")
    try:
        if options.redis:
            with Redis.from_url(options.redis.get_secret_value(), socket_connect_timeout=10) as redis:
                redis.ping()
    except (RedisError, ValueError):
        raise ConfigError("The Redis of HUGGINGGPT_REDIS cannot be reached; check its address.") from None


async def _database_answers() -> bool:
    from aegra_api.core.health import readiness_check
    from starlette.exceptions import HTTPException

    try:
        return bool(await readiness_check(None))  # it looks at no request
    except HTTPException:
        return False


async def _unfinished(owner: str) -> int:
    """How many runs of an owner's wait or run, in whichever process."""
    from aegra_api.core.database import db_manager

    assert db_manager.lg_pool is not None  # noqa: S101 - open as long as the server runs
    async with db_manager.lg_pool.connection() as connection:
        row = await (await connection.execute(_UNFINISHED, (owner,))).fetchone()
        return int(row["number"])


def _tell_ends_at_once() -> None:
    from aegra_api.services import executor

    from app.server.workers import Workers

    executor.executor = Workers()


def _ours(middleware: Any) -> bool:  # noqa: ANN401 - Starlette's Middleware is generic in what it makes
    return "allow_private_network" in middleware.kwargs


Lifespan = Any  # Starlette types it by the state that it yields


def _one_at_a_time(lifespan: Lifespan, options: Settings) -> Lifespan:
    """The same, but processes that start together make the tables one after the other."""

    @asynccontextmanager
    async def begun_alone(app: FastAPI) -> AsyncIterator[Any]:
        from aegra_api.core.database import db_manager
        from psycopg import AsyncConnection

        assert options.database is not None  # noqa: S101 - the reason to be here
        async with AsyncExitStack() as stack:
            address = options.database.get_secret_value()
            first = await stack.enter_async_context(await AsyncConnection.connect(address, autocommit=True))
            await _locked(first, _STARTING)
            state = await stack.enter_async_context(lifespan(app))
            db_manager.get_checkpointer().serde = SERDE  # else any class named in a checkpoint would be imported
            await _locked(first, _ALONE, _SHARE if options.redis else _LOCK)  # as long as this process runs
            if not options.redis:
                await first.execute(_LEFT)  # nobody else can be running them
                await first.execute(_FREED)
            await first.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (_STARTING,))
            yield state

    return begun_alone


async def _locked(connection: Any, name: str, lock: str = _LOCK) -> None:  # noqa: ANN401 - psycopg's connection is generic in its rows
    """Wait for a lock by asking again: a query that waits would hold up `CREATE INDEX CONCURRENTLY`."""
    until = time.monotonic() + PATIENCE
    while not (await (await connection.execute(lock, (name,))).fetchone())[0]:
        if time.monotonic() > until:
            raise ConfigError("Another process holds this database; stop it, or set HUGGINGGPT_REDIS for all.")
        await asyncio.sleep(0.2)
