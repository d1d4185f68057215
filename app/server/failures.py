"""What a client is told of an error that reaches the application: a status and a sentence, never a trace."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from langgraph.errors import EmptyInputError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.server.refusals import BROKEN, OPENAI, error_response
from tools.errors import HuggingGPTError, InputError, ModelError


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


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    HTTPException: _refused,
    HuggingGPTError: _failed,
    ValidationError: _invalid,
    EmptyInputError: _nothing_given,
    Exception: _broken,
}
