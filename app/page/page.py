"""What the page does: every handler, and which button calls it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import gradio as gr
from langchain_core.messages import HumanMessage
from langgraph.types import Command
from pydantic import ValidationError

from app.page.bubbles import bubbles
from app.page.conversations import Conversations, Past, new_name
from app.page.drawing import plan_graph, timeline
from app.page.layout import Layout
from app.page.live import Live, follow
from app.progress import Progress
from app.run import Given
from graph.context import Context
from tools.errors import HuggingGPTError

Update = dict[Any, Any]
Who = Any  # owner, thread, controller, mode, approve: the values of Page._options, in that order


class Page(Layout):
    """The page. ``opened`` gives the conversations; it is first awaited when somebody arrives."""

    def __init__(self, opened: Callable[[], Awaitable[Conversations]]) -> None:
        super().__init__()
        self._conversations = opened
        self._options = [self.owner, self.thread, self.llm, self.mode, self.approve]
        self._everything = [
            *(self.owner, self.thread, self.past, self.history, self.files, self.chat, self.approval, self.proposal),
            *(self.box, self.stop, self.workflow, self.graph, self.timeline, self.details),
        ]
        with self.blocks:
            self._wire()

    def _wire(self) -> None:
        quiet: dict[str, Any] = {"outputs": self._everything, "show_progress": "hidden", "api_visibility": "private"}
        self.blocks.load(self._arrive, [self.owner, self.thread], **quiet)
        self.new.click(self._start_anew, [self.owner], **quiet)
        self.history.input(self._reopen, [self.owner, self.history], **quiet)
        runs: list[dict[str, Any]] = [
            self.box.submit(self._send, [self.box, self.chat, *self._options], **quiet),
            self.run_it.click(self._run_it, [self.proposal, self.chat, *self._options], **quiet),
            self.reject.click(self._reject, [self.chat, *self._options], **quiet),
        ]
        self.stop.click(self._stopped, [self.owner, self.thread], cancels=runs, **quiet)

    async def _arrive(self, owner: str | None, thread: str | None) -> Update:
        return await self._show(owner or new_name(), thread or new_name())

    async def _start_anew(self, owner: str) -> Update:
        return await self._show(owner, new_name())

    async def _reopen(self, owner: str, thread: str) -> Update:
        return await self._show(owner, thread)

    async def _stopped(self, owner: str, thread: str) -> Update:
        gr.Info("Stopped. What had finished is kept.")
        return await self._show(owner, thread)

    async def _send(self, said: dict[str, Any], chat: list[Any], *who: Who) -> AsyncIterator[Update]:
        text, files = (said.get("text") or "").strip(), list(said.get("files") or [])
        if text or files:
            bubble = {"role": "user", "content": [*filter(None, [text]), *({"path": path} for path in files)]}
            given: Given = {"messages": [HumanMessage(text)], "resources": files}
            async for update in self._run(given, [*chat, bubble], *who):
                yield update

    async def _run_it(self, proposal: str, chat: list[Any], *who: Who) -> AsyncIterator[Update]:
        try:
            edited = json.loads(proposal)
        except json.JSONDecodeError as error:
            raise gr.Error(f"The plan is not valid JSON: {error}. Mend it and press Run again.") from error
        async for update in self._run(Command(resume={"type": "edit", "args": edited}), chat, *who):
            yield update

    async def _reject(self, chat: list[Any], *who: Who) -> AsyncIterator[Update]:
        async for update in self._run(Command(resume={"type": "reject"}), chat, *who):
            yield update

    async def _run(
        self, given: Given, chat: list[Any], owner: str, thread: str, llm: str, mode: str, approve: bool
    ) -> AsyncIterator[Update]:
        """Run a request and redraw the page at every change."""
        conversations = await self._conversations()
        yield {self.chat: chat, self.box: gr.MultimodalTextbox(None, interactive=False), **self._running(on=True)}
        try:
            context = Context.model_validate({"llm": llm, "mode": mode, "approve_plan": approve})
            config = conversations.config(owner, thread, context)
            async for live in follow(conversations.graph, given, context, config):
                yield self._draw(live, chat)
        except (HuggingGPTError, ValidationError) as error:
            gr.Warning(str(error))
        yield await self._show(owner, thread)

    def _running(self, *, on: bool) -> Update:
        return {self.stop: gr.Button(visible=on), self.approval: gr.Group(visible=False)}

    def _draw(self, live: Live, chat: list[Any]) -> Update:
        said = live.answer or ("Working …" if live.progress.rows else "Planning …")
        update: Update = {self.chat: [*chat, {"role": "assistant", "content": said}]}
        return update | self._picture(live.progress)

    def _picture(self, progress: Progress) -> Update:
        return {
            self.workflow: gr.Accordion(visible=bool(progress.rows)),
            self.graph: plan_graph(progress.rows),
            self.timeline: timeline(progress.rows),
        }

    async def _show(self, owner: str, thread: str) -> Update:
        """The whole page, as the conversation now stands."""
        conversations = await self._conversations()
        past, titles = await conversations.open(owner, thread), await conversations.titles(owner)
        return {
            self.owner: owner,
            self.thread: thread,
            self.past: past,
            self.history: gr.Radio(titles, value=thread, visible=bool(titles)),
            self.files: gr.Files(past.files or None, visible=bool(past.files)),
            self.chat: bubbles(past.messages, past.files),
            self.box: gr.MultimodalTextbox(interactive=past.waiting is None),
            self.details: gr.Accordion(visible=bool(past.results)),
            **self._running(on=False),
            **self._picture(past.progress()),
            **self._ask_approval(past),
        }

    def _ask_approval(self, past: Past) -> Update:
        waiting = past.waiting is not None and past.plan is not None
        tasks = [task.model_dump() for task in past.plan.tasks] if past.plan else []
        return {
            self.approval: gr.Group(visible=waiting),
            self.proposal: json.dumps(tasks, indent=2, ensure_ascii=False),
        }
