"""The web page at /app."""

from contextlib import AsyncExitStack
from pathlib import Path

from starlette.applications import Starlette

from app.page.conversations import Conversations
from tools.settings import settings

STYLE = Path(__file__).with_name("style.css")


def mount(app: Starlette, path: str = "/app") -> None:
    """Put the page on an application, under ``path``. Its conversations are kept beside the results."""
    import gradio as gr

    from app.page.page import Page

    page = Page(_Opened())
    limit = settings().max_bytes
    gr.mount_gradio_app(
        app,
        page.blocks,
        path,
        css_paths=STYLE,
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
