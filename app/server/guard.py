"""The first thing that every request meets: is it from a known page, and whose is it."""

import base64
import binascii
import ipaddress
import re
from contextvars import ContextVar
from urllib.parse import urlsplit

from starlette.authentication import SimpleUser
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from app.audit import audit
from app.server import signin
from app.server.keys import LOCAL, Keys
from app.server.refusals import Refusal, refuse
from app.server.signin import wants_page
from app.signing import ARTIFACTS, BadLink

LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
OPEN = {"/ok", "/health"}  # what a load balancer asks; they tell nothing
CALLER: ContextVar[str | None] = ContextVar("caller", default=None)  # whose the request is that is being answered
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")  # what proxies add
CLOSED = ("/internal", "/deploy")  # of LangGraph's development server: they read and delete what is everybody's


def is_loopback(host: str | None) -> bool:
    """Whether a host, as a name or an address, is this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware around all routes, LangGraph's included. It sets ``scope["user"]`` to the key's owner.

    Without keys only this machine gets in, and only under its own name: a page that points a public name at
    127.0.0.1 does not. A page on another site is refused unless its origin is known.
    """

    def __init__(self, app: ASGIApp, *, keys: Keys, origins: list[str]) -> None:
        self.app, self.keys = app, keys
        self.origin = re.compile("|".join([LOOPBACK_ORIGIN, *map(re.escape, origins)]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        in_process = scope.get("root_path", "").startswith("/noauth")  # set by the SDK's own transport alone
        if scope["type"] == "lifespan" or in_process:
            await self.app(scope, receive, send)
            return
        try:
            owner = self._owner(scope)
            scope["user"] = SimpleUser(owner)
            CALLER.set(owner)
        except Refusal as refusal:
            audit("refused", "", status=refusal.status, path=scope["path"], client=(scope.get("client") or [None])[0])
            if refusal.status == 401 and self.keys and wants_page(scope):
                await signin.page(scope["path"])(scope, receive, send)
            else:
                await refuse(scope, receive, send, refusal)
        else:
            await self.app(scope, receive, send)

    def _owner(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        origin, host = headers.get("origin"), headers.get("host", "")
        if origin and urlsplit(origin).netloc != host and not self.origin.fullmatch(origin):
            raise Refusal(403, "This page may not call the server; add its origin to HUGGINGGPT_ORIGINS.")
        if self.keys:
            return self._holder(scope, headers)
        if proxy := next((name for name in FORWARDED if name in headers), None):
            raise Refusal(
                401, f"A proxy ({proxy}) stands before this server; it answers through one with API keys only."
            )
        client = scope.get("client")
        if not is_loopback(client[0] if client else None) or not is_loopback(urlsplit(f"//{host}").hostname):
            raise Refusal(401, "Without API keys the server answers this machine alone; see `hugginggpt key --help`.")
        return LOCAL

    def _holder(self, scope: Scope, headers: Headers) -> str:
        if scope["path"] in OPEN | {signin.SIGN_IN, signin.SIGN_OUT}:
            return LOCAL
        if re.match(rf"(?:{'|'.join(CLOSED)})(?:/|$)", scope["path"]):
            raise Refusal(404, "There is nothing here for holders of keys.")
        owner = self._signed(scope) or self.keys.owner(_key(headers)) or self._signed_in(headers)
        if owner is None:
            raise Refusal(401, "Send a valid API key: `Authorization: Bearer KEY` or `X-Api-Key: KEY`.")
        return owner

    def _signed_in(self, headers: Headers) -> str | None:
        """Whose browser it is. What comes from a page of another site has no cookie."""
        token = cookie_parser(headers.get("cookie", "")).get(signin.COOKIE)
        return self.keys.session_owner(token) if token else None

    def _signed(self, scope: Scope) -> str | None:
        """Whose file a signed link opens. Its signature goes no further, not into a log of requests either."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or not scope["path"].startswith(ARTIFACTS):
            return None
        query, scope["query_string"] = scope["query_string"].decode("latin-1"), b""
        try:
            owner = self.keys.secrets.owner(scope["path"], query)
        except BadLink as error:
            raise Refusal(403, str(error)) from error
        if owner is not None and not self.keys.knows(owner):
            raise Refusal(403, "Whoever was given this link holds no key any more.")
        return owner


def _key(headers: Headers) -> str:
    """The key of a request: a bearer token, a header, or a password."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return headers.get("x-api-key", "")
