"""What the page does: every handler, and which button calls it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from langchain_core.messages import HumanMessage
from langgraph.types import Command
from pydantic import ValidationError

from app.feedback import Feedback, record
from app.page.bubbles import SHOWN, bubbles
from app.page.conversations import Conversations, Past, name_or_new
from app.page.drawing import plan_graph, timeline
from app.page.layout import Layout
from app.page.live import Live, follow
from app.progress import Progress
from app.run import Given
from app.server.files import keep
from app.server.runs import as_owner
from graph.approval import ACTION
from graph.context import Context
from tools.errors import HuggingGPTError, InputError

Update = dict[Any, Any]
Option = Any  # controller, mode, approve: the values of Page._options, in that order


CLOSE_SIDEBAR_ON_PHONES = "() => { if (innerWidth < 768) document.querySelector('.sidebar .toggle-button').click() }"


@dataclass(frozen=True)
class Visit:
    """A browser in a conversation of its own. ``user`` is whose key it sent; names are those of name_or_new."""

    user: str
    browser: str
    thread: str

    @property
    def owner(self) -> str:
        """In whose name requests run."""
        return f"{self.user}/{self.browser}"

    @classmethod
    def of(cls, request: gr.Request, browser: object, thread: object) -> "Visit":
        """The visit behind a request; what a browser claims to be named is checked."""
        user = request.request.scope.get("user") if request.request else None
        return cls(user.display_name if user else "local", name_or_new(browser), name_or_new(thread))


class Page(Layout):
    """The page. ``opened`` gives the conversations; it is first awaited when somebody arrives."""

    def __init__(self, opened: Callable[[], Awaitable[Conversations]]) -> None:
        super().__init__()
        self._conversations = opened
        self._who = [self.browser, self.thread]
        self._options = [self.llm, self.mode, self.approve]
        self._everything = [
            *(self.browser, self.thread, self.past, self.history, self.files, self.chat, self.box, self.stop),
            *(self.approval, self.question, self.proposal, self.workflow, self.graph, self.timeline, self.details),
        ]
        with self.blocks:
            self._wire()

    def _wire(self) -> None:
        quiet: dict[str, Any] = {"outputs": self._everything, "show_progress": "hidden", "api_visibility": "private"}
        self.blocks.load(self._arrive, self._who, **quiet)
        self.blocks.load(js=CLOSE_SIDEBAR_ON_PHONES)
        self.new.click(self._start_anew, [self.browser], **quiet)
        self.history.input(self._arrive, [self.browser, self.history], **quiet)
        runs: list[dict[str, Any]] = [
            self.box.submit(self._send, [*self._who, self.chat, self.box, *self._options], **quiet),
            self.run_it.click(self._run_it, [*self._who, self.chat, self.proposal, *self._options], **quiet),
            self.reject.click(self._reject, [*self._who, self.chat, *self._options], **quiet),
        ]
        self.chat.like(self._judge, [*self._who, self.chat], show_progress="hidden", api_visibility="private")
        self.stop.click(self._stopped, self._who, cancels=runs, **quiet)

    # The handlers. Gradio fills in ``request`` by its type, wherever it stands first.

    async def _arrive(self, request: gr.Request, browser: object, thread: object) -> Update:
        return await self._show(Visit.of(request, browser, thread))

    async def _start_anew(self, request: gr.Request, browser: object) -> Update:
        return await self._show(Visit.of(request, browser, None))

    async def _stopped(self, request: gr.Request, browser: object, thread: object) -> Update:
        gr.Info("Stopped. What had finished is kept.")
        return await self._show(Visit.of(request, browser, thread))

    async def _judge(
        self, request: gr.Request, browser: object, thread: object, chat: list[Any], verdict: gr.LikeData
    ) -> None:
        """Keep what somebody thinks of an answer (app/feedback.py)."""
        visit, conversations = Visit.of(request, browser, thread), await self._conversations()
        message = chat[verdict.index if isinstance(verdict.index, int) else verdict.index[0]]["metadata"]["id"]
        run = await conversations.run_of(visit.owner, visit.thread, message)
        if run:
            await record(Feedback(run_id=run, score=float(verdict.liked is True)), visit.owner)
            gr.Info("Thank you.")

    async def _send(
        self, request: gr.Request, browser: str, thread: str, chat: list[Any], said: dict[str, Any], *options: Option
    ) -> AsyncIterator[Update]:
        visit, text, files = Visit.of(request, browser, thread), (said.get("text") or "").strip(), said.get("files")
        if text or files:
            kept = [await _keep(visit, path) for path in files or []]
            message = HumanMessage(text, additional_kwargs={SHOWN: kept})
            given: Given = {"messages": [message], "resources": kept}
            async for update in self._run(visit, [*chat, *bubbles([message], kept)], given, *options):
                yield update

    async def _run_it(
        self, request: gr.Request, browser: str, thread: str, chat: list[Any], proposal: str, *options: Option
    ) -> AsyncIterator[Update]:
        try:
            edited = {"name": ACTION, "args": {"tasks": json.loads(proposal)}}
        except json.JSONDecodeError as error:
            message = f"The plan is not valid JSON: {error}. Mend it and press Run again."
            raise gr.Error(message, print_exception=False) from error
        decision = _decision("edit", edited_action=edited)
        async for update in self._run(Visit.of(request, browser, thread), chat, decision, *options):
            yield update

    async def _reject(
        self, request: gr.Request, browser: str, thread: str, chat: list[Any], *options: Option
    ) -> AsyncIterator[Update]:
        async for update in self._run(Visit.of(request, browser, thread), chat, _decision("reject"), *options):
            yield update

    async def _run(self, visit: Visit, chat: list[Any], given: Given, *options: Option) -> AsyncIterator[Update]:
        """Run a request and redraw the page at every change."""
        conversations = await self._conversations()
        empty = gr.MultimodalTextbox(None, interactive=False)
        yield {self.chat: chat, self.box: empty, self.approval: gr.Group(visible=False), self.stop: _button(shown=True)}
        try:
            context = Context.model_validate(dict(zip(("llm", "mode", "approve_plan"), options, strict=True)))
            config = conversations.config(visit.owner, visit.thread, context)
            async for live in follow(conversations.graph, given, context, config):
                yield self._draw(live, chat)
        except (HuggingGPTError, ValidationError) as error:
            gr.Warning(str(error), title="This did not work")
        yield await self._show(visit)

    # What is drawn

    def _draw(self, live: Live, chat: list[Any]) -> Update:
        said = live.answer or ("Working …" if live.progress.rows else "Planning …")
        return {self.chat: [*chat, {"role": "assistant", "content": said}], **self._picture(live.progress)}

    def _picture(self, progress: Progress) -> Update:
        return {
            self.workflow: gr.Accordion(visible=bool(progress.rows)),
            self.graph: plan_graph(progress.rows),
            self.timeline: timeline(progress.rows),
        }

    async def _show(self, visit: Visit) -> Update:
        """The whole page, as the conversation now stands."""
        conversations = await self._conversations()
        past, titles = await conversations.open(visit.owner, visit.thread), await conversations.titles(visit.owner)
        return {
            self.browser: visit.browser,
            self.thread: visit.thread,
            self.past: past,
            self.history: gr.Radio(titles, value=visit.thread, visible=bool(titles)),
            self.files: gr.Files(past.files or None, visible=bool(past.files)),
            self.chat: bubbles(past.messages, past.files),
            self.box: gr.MultimodalTextbox(interactive=past.waiting is None),
            self.stop: _button(shown=False),
            self.details: gr.Accordion(visible=bool(past.results)),
            **self._picture(past.progress()),
            **self._ask_approval(past),
        }

    def _ask_approval(self, past: Past) -> Update:
        """Show what graph/approval.py asks, if it does."""
        if not past.waiting:
            return {self.approval: gr.Group(visible=False)}
        action = past.waiting["action_requests"][0]
        return {
            self.approval: gr.Group(visible=True),
            self.question: action["description"],
            self.proposal: json.dumps(action["args"]["tasks"], indent=2, ensure_ascii=False),
        }


def _button(*, shown: bool) -> gr.Button:
    return gr.Button(visible=shown)


def _decision(kind: str, **more: object) -> Command[Any]:
    return Command(resume={"decisions": [{"type": kind, **more}]})


async def _keep(visit: Visit, path: str) -> str:
    """The owner's own copy of what was uploaded."""
    content = await asyncio.to_thread(Path(path).read_bytes)
    try:
        return await as_owner(visit.owner, keep(Path(path).name, content))
    except InputError as error:
        raise gr.Error(str(error), title="This file cannot be used", print_exception=False) from error
