"""People sign in with their key on a page of their own: a browser then sends a cookie, which holds no key.

No program is ever asked for a name and a password in a browser's own dialog.
"""

from html import escape
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from app.audit import audit
from app.server.keys import Keys
from tools.settings import process_settings

SIGN_IN, SIGN_OUT = "/signin", "/signout"
COOKIE = "hugginggpt"
DAYS = 30  # for which a browser stays signed in
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in to HuggingGPT</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; margin: 1rem }}
form {{ display: grid; gap: .75rem; width: min(24rem, 100%) }}
h1 {{ font-size: 1.4rem; margin: 0 }}
input, button {{ font: inherit; padding: .6rem .8rem }}
</style>
<form method="post" action="{action}"><h1>HuggingGPT</h1>
<label for="key">Your key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<input type="hidden" name="next" value="{next}">
<button>Sign in</button><p role="alert">{trouble}</p></form></html>"""


class SignIn:
    """The routes by which a browser's holder of a key comes and goes."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def show(self, _request: Request) -> Response:
        """``GET /signin``: the form."""
        return page("/app/")

    async def enter(self, request: Request) -> Response:
        """``POST /signin``: a key for a cookie."""
        async with request.form(max_files=0, max_fields=2) as form:
            key, onward = str(form.get("key", "")).strip(), str(form.get("next", ""))
        owner = self._keys.owner(key)
        if owner is None:
            audit("sign-in refused", "", client=_client(request))
            return page(onward, "That key is not valid here. Whoever runs this server can make one for you.")
        audit("sign-in", owner, client=_client(request))
        response = RedirectResponse(f"{_below()}{_inside(onward)}", 303)
        response.set_cookie(
            COOKIE,
            self._keys.session(key, DAYS),
            max_age=DAYS * 86_400,
            path=_below() or "/",
            secure=request.url.scheme == "https" or (process_settings().public_url or "").startswith("https:"),
            httponly=True,
            samesite="lax",
        )
        return response

    async def leave(self, _request: Request) -> Response:
        """``POST /signout``: the browser forgets its cookie."""
        response = RedirectResponse(f"{_below()}{SIGN_IN}", 303)
        response.delete_cookie(COOKIE, path=_below() or "/")
        return response


def wants_page(scope: Scope) -> bool:
    """Whether a browser is about to show what is asked for to somebody."""
    got = scope["type"] == "http" and scope["method"] == "GET"
    return got and "text/html" in Headers(scope=scope).get("accept", "")


def page(onward: str, trouble: str = "") -> Response:
    """The form, which leads on to where somebody wanted to go."""
    text = _PAGE.format(action=f"{_below()}{SIGN_IN}", next=escape(_inside(onward)), trouble=escape(trouble))
    headers = {
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",  # with none at all browsers send no Origin, which the guard asks for
        "WWW-Authenticate": 'Bearer realm="hugginggpt"',
    }
    return HTMLResponse(text, 401, headers)


def _inside(onward: str) -> str:
    """A path of this server's, never another place."""
    parts = urlsplit(onward)
    safe = onward.startswith("/") and not onward.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return onward if safe and onward.isprintable() else "/app/"


def _below() -> str:
    """The path under which a proxy serves all this."""
    return urlsplit(process_settings().public_url or "").path.rstrip("/")


def _client(request: Request) -> str | None:
    return request.client.host if request.client else None
