"""The routes of our own, as one application: inside LangGraph's server or Aegra (dev.py), or by itself (serving.py)."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.util import find_spec
from urllib.parse import urlsplit

from fastapi import FastAPI
from langgraph.errors import EmptyInputError
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from pydantic import ValidationError
from starlette.exceptions import HTTPException
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
from app.server.guard import LOOPBACK_ORIGIN, Guard, is_loopback
from app.server.heartbeats import Heartbeats
from app.server.idempotency import Idempotency
from app.server.intake import Intake
from app.server.quota import Quota
from app.server.refusals import BROKEN, OPENAI, error_response
from app.server.retention import swept
from app.server.signed_links import SignedLinks
from app.server.signin import SIGN_IN, SIGN_OUT, SignIn
from app.server.watch import Counted, Watch, access_log, writing
from app.settling import settle
from tools.errors import ConfigError, HuggingGPTError, InputError, ModelError
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


async def _failed(request: Request, error: Exception) -> Response:
    """What the client or a model caused: one sentence."""
    status = 400 if isinstance(error, InputError) else 502 if isinstance(error, ModelError) else 422
    return error_response(request.url.path, status, str(error))


async def _refused(request: Request, error: Exception) -> Response:
    """A route's own refusal, as JSON like all others."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    missing = error.detail == HTTPStatus.NOT_FOUND.phrase  # the router's own words
    detail = f"There is nothing at {request.url.path} here." if missing else error.detail
    response = error_response(request.url.path, error.status_code, detail)
    response.headers.update(error.headers or {})
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    """A body of the wrong form: where and what, never the body itself."""
    assert isinstance(error, ValidationError)  # noqa: S101 - registered for nothing else
    problems = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_url=False)]
    path = request.url.path
    return error_response(path, 400 if path.startswith(OPENAI) else 422, "; ".join(problems[:5]))


async def _nothing_given(request: Request, _error: Exception) -> Response:
    """A run without input, or an answer where nothing was asked."""
    return error_response(request.url.path, 422, "There is nothing to run: send input with messages.")


async def _broken(request: Request, _error: Exception) -> Response:
    """A bug of ours, which the server logs."""
    return error_response(request.url.path, 500, BROKEN)


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
    quotas = Quotas.of(options, served=bool(owners))
    sessions = mcp.session_manager(options.max_bytes)

    own = [*Data(memory).routes, *_signing_in(owners), ("GET", "/metrics", counted.metrics)]

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        host = urlsplit(os.environ.get("LANGGRAPH_API_URL", "")).hostname
        if host and not owners and not is_loopback(host):
            raise ConfigError(f"To listen on {host} set HUGGINGGPT_KEYS to a file of keys (`hugginggpt key OWNER`).")
        settle()
        with writing(options.access_log, log):
            async with sessions.run(), owners.watched(), swept(memory, options.keep):
                yield
        if page:
            await page.stop_all()
        await memory.close()

    app = FastAPI(
        routes=[
            *(
                Route(path, endpoint, methods=[method], include_in_schema=False)
                for method, path, endpoint in [*ROUTES, *own]
            ),
            Route("/mcp", StreamableHTTPASGIApp(sessions), include_in_schema=False),
        ],
        middleware=_middleware(options, owners, Middleware(Watch, counted=counted, log=log), quotas, memory),
        exception_handlers={
            HTTPException: _refused,
            HuggingGPTError: _failed,
            ValidationError: _invalid,
            EmptyInputError: _nothing_given,
            Exception: _broken,
        },
        lifespan=lifespan,
    )
    page = mount(app, memory, quotas) if options.page and find_spec("gradio") else None
    app.state.quotas = quotas
    return app


def _signing_in(owners: keys.Keys) -> list[Endpoint]:
    if not owners:
        return []
    door = SignIn(owners)
    return [("GET", SIGN_IN, door.show), ("POST", SIGN_IN, door.enter), ("POST", SIGN_OUT, door.leave)]


def _middleware(
    options: Settings, owners: keys.Keys, watch: Middleware, quotas: Quotas, memory: LazyMemory
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
        Middleware(Idempotency, memory=memory),
        *([Middleware(SignedLinks)] if owners else []),
    ]
