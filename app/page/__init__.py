"""The web page at /app."""

from contextlib import AsyncExitStack
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.page.conversations import Conversations
from tools.settings import settings

ICON = """<link rel="icon" href="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>\
<text y='.9em' font-size='90'>🤗</text></svg>">"""
AT_ONCE = 200  # requests and clicks of all visitors that are worked on at the same time; more of them wait
STYLE = Path(__file__).with_name("style.css")


def mount(app: Starlette, path: str = "/app") -> None:
    """Put the page on an application, under ``path``. Its conversations are kept beside the results."""
    import gradio as gr

    from app.page.page import Page

    async def add_slash(_request: Request) -> Response:
        return RedirectResponse(f"{path}/")

    app.add_route(path, add_slash, include_in_schema=False)  # a merged application redirects no more by itself
    page = Page(_Opened())
    page.blocks.max_threads = AT_ONCE
    page.blocks.queue(default_concurrency_limit=None)  # Gradio's own default: one visitor's request at a time
    limit = settings().max_bytes
    gr.mount_gradio_app(
        app,
        page.blocks,
        path,
        css_paths=STYLE,
        head=ICON,
        max_file_size=limit,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
    )


class _Opened:
    """The conversations, opened when the first visitor comes, and once only."""

    def __init__(self) -> None:
        self._conversations: Conversations | None = None
        self._stack = AsyncExitStack()

    async def __call__(self) -> Conversations:
        from app.threads import saver

        if self._conversations is None:
            self._conversations = Conversations(await self._stack.enter_async_context(saver()))
        return self._conversations
