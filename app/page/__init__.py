"""The web page at /app."""

import atexit
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from app.checkpoints import LazyMemory
from app.data import copies
from app.page.conversations import Conversations
from app.page.policy import ContentPolicy
from app.quotas import Quotas
from tools.settings import settings

if TYPE_CHECKING:
    from app.page.page import Page

ICON = Path(__file__).with_name("icon.svg")
AT_ONCE = 200  # requests and clicks of all visitors that are worked on at the same time; more of them wait
STYLE = Path(__file__).with_name("style.css")


def mount(app: Starlette, memory: LazyMemory, quotas: Quotas, path: str = "/app") -> "Page":
    """Put the page on an application, under ``path``; ``/`` leads there. ``memory`` keeps its conversations."""
    _own_folder()
    import gradio as gr

    from app.page.gate import Below, NeededRoutes
    from app.page.page import Page
    from app.page.words import translations

    below = urlsplit(settings().public_url or "").path.rstrip("/")  # a proxy's, which it takes off each request

    async def add_slash(_request: Request) -> Response:
        return RedirectResponse(f"{below}{path}/")

    async def icon(_request: Request) -> Response:
        return FileResponse(ICON)

    app.add_route(path, add_slash, include_in_schema=False)  # a merged application redirects no more by itself
    app.add_route("/", add_slash, include_in_schema=False)
    app.add_route("/favicon.ico", icon, include_in_schema=False)  # where browsers look before the page names another
    page = Page(_Opened(memory), quotas)
    page.blocks.max_threads = AT_ONCE
    page.blocks.queue(default_concurrency_limit=None)  # Gradio's own default: one visitor's request at a time
    limit = settings().max_bytes
    gr.mount_gradio_app(
        app,
        page.blocks,
        path,
        app_kwargs={"middleware": [Middleware(ContentPolicy), Middleware(NeededRoutes), Middleware(Below, path=below)]},
        css_paths=STYLE,
        i18n=translations(),
        max_file_size=limit,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
    )
    return page


def _own_folder() -> None:
    """Have Gradio keep what it shows in a folder of this process.

    It deletes its folder when it ends, and all servers of a machine would share the one that it takes by itself.
    """
    if "GRADIO_TEMP_DIR" not in os.environ:
        folder = os.environ["GRADIO_TEMP_DIR"] = str(copies.new_folder())
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


class _Opened:
    """The conversations of the page, opened when the first visitor comes."""

    def __init__(self, memory: LazyMemory) -> None:
        self._memory = memory
        self._conversations: Conversations | None = None

    async def __call__(self) -> Conversations:
        if self._conversations is None:
            memory = await self._memory()
            self._conversations = self._conversations or Conversations(memory)
        return self._conversations
