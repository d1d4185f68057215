"""How a conversation looks on the page: while a request runs, and at rest."""

import json
from typing import Any

import gradio as gr

from app.page.bubbles import bubbles, plain
from app.page.conversations import Past
from app.page.drawing import plan_graph, timeline
from app.page.layout import Layout
from app.page.live import Live
from app.progress import Progress

Update = dict[Any, Any]  # new values or properties, by component
Titles = list[tuple[str, str]]  # (title, thread)


class View(Layout):
    """The page as it is drawn. ``drawn`` is all that changes."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = [
            *(self.browser, self.thread, self.past, self.history, self.given, self.made, self.chat, self.comment),
            *(self.box, self.approval, self.question, self.proposal, self.unfinished, self.workflow, self.graph),
            *(self.timeline, self.details),
        ]

    def begun(self, live: Live, titles: Titles, thread: str) -> Update:
        """The page once a request has been sent: nothing can be asked for but to stop."""
        busy = gr.MultimodalTextbox(None, interactive=False, submit_btn=False, stop_btn=True)
        hidden = [self.approval, self.unfinished, self.details, self.comment]
        return {
            self.chat: self._spoken(live),
            self.box: busy,
            self.history: self._listed(titles, thread),
            **{part: gr.update(visible=False) for part in hidden},
        }

    def running(self, live: Live, shown: str) -> Update:
        """The page while it runs. The chat is sent again only if its words are other than those ``shown``."""
        said = {} if live.words == shown else {self.chat: self._spoken(live)}
        return said | self._picture(live.progress)

    def at_rest(self, past: Past, titles: Titles, thread: str, progress: Progress | None = None) -> Update:
        """The whole page, as the conversation now stands. ``progress`` tells more of a request that was stopped."""
        stopped = past.unfinished and progress
        return {
            self.past: past,
            self.history: self._listed(titles, thread),
            self.given: gr.Files(past.given or None, visible=bool(past.given)),
            self.made: gr.Files(past.made or None, visible=bool(past.made)),
            self.chat: bubbles(past.messages, past.files),
            self.comment: gr.Textbox("", visible=False),
            self.box: gr.MultimodalTextbox(interactive=past.waiting is None, submit_btn=True, stop_btn=False),
            self.details: gr.Accordion(visible=bool(past.results)),
            self.unfinished: gr.Row(visible=past.unfinished),
            **self._picture(stopped or past.progress()),
            **self._approval_of(past),
        }

    def _listed(self, titles: Titles, thread: str) -> gr.Radio:
        return gr.Radio(titles, value=thread, visible=bool(titles))

    def _spoken(self, live: Live) -> list[dict[str, Any]]:
        return [*live.chat, {"role": "assistant", "content": plain(live.words)}]

    def _picture(self, progress: Progress) -> Update:
        return {
            self.workflow: gr.Accordion(visible=bool(progress.rows)),
            self.graph: plan_graph(progress.rows),
            self.timeline: timeline(progress.rows),
        }

    def _approval_of(self, past: Past) -> Update:
        """Show what graph/approval.py asks, if it does."""
        if not past.waiting:
            return {self.approval: gr.Group(visible=False)}
        action = past.waiting["action_requests"][0]
        return {
            self.approval: gr.Group(visible=True),
            self.question: action["description"],
            self.proposal: json.dumps(action["args"]["tasks"], indent=2, ensure_ascii=False),
        }
