"""Requests that go no further: one sentence, in the form that the route's clients read."""

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

BROKEN = "The program itself failed. The server's log tells why; please report it."
OPENAI = "/v1/"  # the routes whose clients expect OpenAI's form
_BEARER = 'Bearer realm="hugginggpt"'  # and not Basic, for which browsers open a dialog, in other sites' pages, too


class Refusal(Exception):
    """A request that goes no further, with an HTTP status and a sentence; it may be tried again in so many seconds."""

    def __init__(self, status: int, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status, self.retry_after = status, retry_after


def error_response(path: str, status: int, detail: object) -> Response:
    """What a client of that path is told."""
    headers = {"WWW-Authenticate": _BEARER} if status == 401 else {}
    if not path.startswith(OPENAI):
        return JSONResponse({"detail": detail}, status, headers)
    kind = "server_error" if status >= 500 else _KINDS.get(status, "invalid_request_error")
    error = {"message": str(detail), "type": kind, "param": None, "code": _CODES.get(status)}
    return JSONResponse({"error": error}, status, headers)


_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


async def refuse(scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
    """End the request with the refusal."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": str(refusal)})
    else:
        response = error_response(scope["path"], refusal.status, str(refusal))
        if refusal.retry_after is not None:
            response.headers["Retry-After"] = str(refusal.retry_after)
        await response(scope, receive, send)
