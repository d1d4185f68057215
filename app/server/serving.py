"""`hugginggpt serve`: with a database the server for many (production.py), without one our own routes and the page."""

import asyncio
import math
import sys
from contextlib import suppress
from socket import socket

import uvicorn
from fastapi import FastAPI
from sse_starlette.sse import AppStatus

from app.server import keys
from app.server.ending import TELLING, Ending
from app.server.guard import is_loopback
from app.server.main import create_app
from tools.errors import ConfigError
from tools.settings import override, settings

FAILED = 3  # what uvicorn itself exits with where it could not start
ALONE = (
    "One process, conversations of the page in SQLite. LangGraph's API is there with `make serve`, or with "
    "HUGGINGGPT_DATABASE set to a Postgres address."
)


def serve(host: str, port: int) -> None:
    """Serve until stopped; a run that outlasts the grace goes on elsewhere, or waits in its checkpoint.

    Raises:
        ConfigError: the address is open and there are no keys, or what the server stands on is not there.
    """
    if not is_loopback(host) and not keys.load(settings().keys):
        raise ConfigError(f"To listen on {host} set HUGGINGGPT_KEYS to a file of keys (`hugginggpt key OWNER`).")
    if not settings().public_url:
        override(public_url=f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}")  # noqa: S104 - a comparison
    app = application()
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]  # it would end every stream at the signal, without any grace
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=math.ceil(settings().grace + TELLING),
        server_header=False,
        proxy_headers=bool(settings().proxies),  # uvicorn's own default believes whoever is on this machine
        forwarded_allow_ips=settings().proxies,
    )
    server = Server(config, app.state.ending, settings().grace)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(FAILED)


class Server(uvicorn.Server):
    """Uvicorn's, which tells the requests that outlast the grace before it cuts their connections."""

    def __init__(self, config: uvicorn.Config, ending: Ending, grace: float) -> None:
        super().__init__(config)
        self._ending, self._grace = ending, grace

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop, once all requests have ended."""
        last = asyncio.get_running_loop().call_later(self._grace, self._ending.now)
        try:
            await super().shutdown(sockets)
        finally:
            last.cancel()


def application() -> FastAPI:
    """All routes of this process. Raises ConfigError."""
    options = settings()
    if options.database:
        from app.server import production

        return production.application(options)
    if options.redis:
        raise ConfigError("HUGGINGGPT_REDIS is for several processes on one database: set HUGGINGGPT_DATABASE, too.")
    print(ALONE, file=sys.stderr)  # noqa: T201 - told once, to whoever started it
    return create_app(options)
