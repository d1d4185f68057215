"""The routes of our own, as one application: inside LangGraph's server or Aegra (dev.py), or by itself (serving.py)."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from urllib.parse import urlsplit

from fastapi import FastAPI
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.checkpoints import LazyMemory
from app.feedback import Feedback, record
from app.owner import Owner
from app.page import mount
from app.quotas import Quotas
from app.server import files, keys, mcp, openai, original
from app.server.body import read
from app.server.data import Data
from app.server.document import document
from app.server.ending import Ended, Ending
from app.server.failures import HANDLERS
from app.server.guard import LOOPBACK_ORIGIN, Guard, is_loopback
from app.server.heartbeats import Heartbeats
from app.server.idempotency import Idempotency
from app.server.intake import Intake
from app.server.quota import Quota
from app.server.retention import swept
from app.server.signed_links import SignedLinks
from app.server.signin import SIGN_IN, SIGN_OUT, SignIn
from app.server.watch import Counted, Watch, access_log, writing
from app.settling import settle
from tools.errors import ConfigError
from tools.models.catalog import offered
from tools.settings import Settings


async def health(request: Request) -> Response:
    """``GET /health``: ready when some task can run and the database, where there is one, answers."""
    if not await getattr(request.app.state, "database_answers", _yes)():
        return JSONResponse({"status": "the database does not answer"}, 503)
    ready = bool(offered())
    return JSONResponse({"status": "ok" if ready else "no task can run"}, 200 if ready else 503)


async def _yes() -> bool:
    return True


async def feedback(request: Request) -> Response:
    """``POST /feedback``: what someone thinks of a run."""
    await record(await read(request, Feedback), Owner.of(request))
    return Response(status_code=204)


Endpoint = tuple[str, str, Callable[[Request], Awaitable[Response]]]
ROUTES: list[Endpoint] = [
    ("GET", "/health", health),
    ("POST", "/uploads", files.upload),
    ("GET", "/artifacts/{path:path}", files.artifact),
    ("POST", "/feedback", feedback),
    ("POST", "/hugginggpt", original.hugginggpt),
    ("POST", "/tasks", original.tasks),
    ("POST", "/results", original.results),
    *openai.ROUTES,
]


def create_app(options: Settings) -> FastAPI:
    """The application with its guard. An instance of FastAPI, as Aegra wants it: it adds its own routes.

    Raises:
        ConfigError: the key file cannot be used.
    """
    memory = LazyMemory()
    owners, counted, log = keys.load(options.keys), Counted(), access_log()
    quotas, ending = Quotas.of(options, served=bool(owners)), Ending()
    sessions = mcp.session_manager(options.max_bytes)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        _refuse_the_world(owners)
        settle()
        with writing(options.access_log, log):
            async with sessions.run(), owners.watched(), swept(memory, options.keep):
                yield
        if page:
            await page.stop_all()
        await memory.close()

    endpoints = [*ROUTES, *Data(memory).routes, *_signing_in(owners), ("GET", "/metrics", counted.metrics)]
    app = FastAPI(
        routes=[*map(_route, endpoints), Route("/mcp", StreamableHTTPASGIApp(sessions), include_in_schema=False)],
        middleware=_middleware(options, owners, Middleware(Watch, counted=counted, log=log), quotas, memory, ending),
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    document(app, [route for route in app.routes if isinstance(route, Route)])
    page = mount(app, memory, quotas) if options.page and find_spec("gradio") else None
    app.state.quotas, app.state.ending = quotas, ending
    return app


def _route(endpoint: Endpoint) -> Route:
    method, path, answer = endpoint
    return Route(path, answer, methods=[method], include_in_schema=False)


def _refuse_the_world(owners: keys.Keys) -> None:
    """Without keys LangGraph's server may listen on loopback only. Raises ConfigError."""
    host = urlsplit(os.environ.get("LANGGRAPH_API_URL", "")).hostname
    if host and not owners and not is_loopback(host):
        raise ConfigError(f"To listen on {host} set HUGGINGGPT_KEYS to a file of keys (`hugginggpt key OWNER`).")


def _signing_in(owners: keys.Keys) -> list[Endpoint]:
    if not owners:
        return []
    door = SignIn(owners)
    return [("GET", SIGN_IN, door.show), ("POST", SIGN_IN, door.enter), ("POST", SIGN_OUT, door.leave)]


def _middleware(
    options: Settings, owners: keys.Keys, watch: Middleware, quotas: Quotas, memory: LazyMemory, ending: Ending
) -> list[Middleware]:
    """What every request passes before it meets a route: known pages first, then whose it is, then its body."""
    public = urlsplit(options.public_url or "")
    origins = [*options.origins, f"{public.scheme}://{public.netloc}"]  # a proxy may have written another Host
    return [
        watch,
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_origin_regex=LOOPBACK_ORIGIN,
            allow_methods=["*"],
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=["Content-Location", "X-Pagination-Total", "X-Pagination-Next"],
        ),
        Middleware(Guard, keys=owners, origins=origins),
        Middleware(Quota, quotas=quotas),
        Middleware(Intake, max_bytes=options.max_bytes, max_json=options.max_json),
        Middleware(Heartbeats),
        Middleware(Ended, ending=ending),
        Middleware(Idempotency, memory=memory),
        *([Middleware(SignedLinks)] if owners else []),
    ]
