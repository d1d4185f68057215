"""What of Gradio a visitor may reach: the routes that the page needs, and files that were uploaded to it.

Gradio itself checks that a file was uploaded only once ``Blocks.launch`` was called, which a mounted page never is:
without this check any path would be copied to where its sender can download it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.state_holder import SessionState
from gradio.utils import get_upload_folder
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_PAGES = {"", "/", "/config", "/theme.css", "/manifest.json", "/favicon.ico", "/robots.txt", "/pwa_icon"}
_FOLDERS = ("/assets/", "/static/", "/svelte/", "/pwa_icon/")
_CALLS = ("queue/join", "queue/data", "upload", "upload_progress", "cancel", "reset", "startup-events", "theme.css")
_API = "/gradio_api/"
_FILE = f"{_API}file="
_HEARTBEAT = f"{_API}heartbeat/"
_PROXY_HOST = "x-forwarded-host"


class GuardedBlocks(gr.Blocks):
    """A page that takes nothing as a file but what was uploaded to it, in whatever input it is sent."""

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """Check what a visitor sent, then go on as Gradio does. Raises gr.Error."""
        if not all(map(_uploaded, _paths(inputs))):
            raise gr.Error("Files must be uploaded to the page first.", print_exception=False)
        return list(await super().preprocess_data(block_fn, inputs, state, explicit_call))


class NeededRoutes:
    """ASGI middleware that answers 404 to all of Gradio's routes but those which the page itself uses.

    Among the others are a proxy to the web, writers of code, and functions called by name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and not _needed(scope["path"].removeprefix(scope.get("root_path", ""))):
            await JSONResponse({"detail": "The page has nothing there."}, 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class Below:
    """ASGI middleware that tells Gradio under which host and path a proxy's visitor knows the page.

    Gradio writes them into addresses, but where a proxy names the host it forgets every path.
    """

    def __init__(self, app: ASGIApp, *, path: str) -> None:
        self.app, self.path = app, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the visitor sent it to the proxy."""
        if scope["type"] == "http":
            root, path = scope.get("root_path", ""), scope["path"]
            scope = {**scope, "root_path": f"{self.path}{root}", "path": f"{self.path}{path}"}
            headers = MutableHeaders(raw=list(scope["headers"]))
            if host := headers.get(_PROXY_HOST):
                headers["host"] = host.partition(",")[0].strip()
                del headers[_PROXY_HOST]
            scope["headers"] = headers.raw
        await self.app(scope, receive, send)


def _needed(path: str) -> bool:
    if path.startswith(_FILE):
        return path.removeprefix(_FILE).startswith("/")  # nothing from the web
    call = path.rstrip("/")
    return (
        path in _PAGES
        or path.startswith((*_FOLDERS, _HEARTBEAT))
        or (call.startswith(_API) and call.removeprefix(_API) in _CALLS)
    )


def _paths(value: object) -> Iterator[str]:
    """Every ``path`` that stands anywhere in a value."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "path" in node:
                yield str(node["path"])
            waiting += node.values()
        elif isinstance(node, list | tuple):
            waiting += node


def _uploaded(path: str) -> bool:
    folder = Path(get_upload_folder()).resolve()
    try:
        return Path(path).resolve().is_relative_to(folder)
    except (OSError, ValueError, RuntimeError):  # a null byte, a name too long, links in a circle
        return False
