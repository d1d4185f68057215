"""How a conversation looks on the page: while a request runs, and at rest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from app.page.bubbles import bubbles, note, without_links
from app.page.conversations import Past, Title
from app.page.drawing import plan_graph, timeline
from app.page.layout import Layout
from app.page.live import Live
from app.page.steps import spoken
from app.page.words import Say
from app.progress import Progress

Update = dict[Any, Any]  # new values or properties, by component
Titles = list[Title]


@dataclass
class Tab:
    """An open page: the conversation that it shows, and what was last sent to it, by component."""

    thread: str = ""
    sent: Update = field(default_factory=dict)

    def fresh(self, update: Update, always: Collection[Any]) -> Update:
        """What the page does not show already. ``always`` are the components that change in the browser, too.

        Gradio makes a component anew for every property that is sent, which is most of what drawing costs.
        """
        new = {part: value for part, value in update.items() if part in always or self.sent.get(part, ...) != value}
        self.sent |= new
        return new or {next(iter(update)): gr.skip()}


class View(Layout):
    """The page as it is drawn. ``drawn`` is all that changes, ``touched`` what visitors change themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = [
            *(self.browser, self.thread, self.past, self.history, self.given, self.made, self.chat, self.comment),
            *(self.box, self.approval, self.question, self.unfinished, self.graph),
            *(self.timeline, self.details, self.search, self.title),
        ]
        self.touched = {self.box, self.comment, self.details}

    def begun(self, live: Live, titles: Titles, thread: str, say: Say) -> Update:
        """The page once a request has been sent: the next may be written, but not sent before this one has ended."""
        return {
            self.chat: [*live.chat, *spoken(live, say)],
            self.box: gr.update(value=None, submit_btn=False, stop_btn=True),
            **self.listed(titles, thread, say),
            self.details: gr.update(visible=False, open=False),
            **{part: gr.update(visible=False) for part in (self.approval, self.unfinished, self.comment)},
        }

    def running(self, live: Live, say: Say) -> Update:
        """The page while it runs."""
        return {self.chat: [*live.chat, *spoken(live, say)], **self._picture(live.progress, say)}

    def at_rest(
        self, past: Past, titles: Titles, thread: str, say: Say, *, progress: Progress | None = None, trouble: str = ""
    ) -> Update:
        """The whole page, as the conversation now stands.

        ``progress`` tells more of a request that was stopped, ``trouble`` why something could not be done.
        """
        stopped = past.unfinished and progress
        return {
            self.past: past,
            **self.listed(titles, thread, say),
            self.given: _files(past.given),
            self.made: _files(past.made),
            self.chat: [*bubbles(past.messages, past.files, say), *([note(trouble, say)] if trouble else [])],
            self.comment: gr.update(value="", visible=False),
            self.box: gr.update(submit_btn=True, stop_btn=False),
            self.details: gr.update(visible=bool(past.results), open=False),
            self.unfinished: gr.update(visible=past.unfinished),
            **self._picture(stopped or past.progress(), say),
            **self._approval_of(past, say),
        }

    def listed(self, titles: Titles, thread: str, say: Say, wanted: str = "") -> Update:
        """The conversations whose titles hold the words searched for; and the name of the one that is shown."""
        matches = [entry for entry in titles if wanted.casefold() in entry.title.casefold()]
        choices = [(" · ".join(filter(None, (entry.title, say.day(entry.used)))), entry.thread) for entry in matches]
        known = next((entry.title for entry in titles if entry.thread == thread), None)
        return {
            self.history: gr.update(choices=choices, value=thread, visible=bool(titles)),
            self.search: gr.update(visible=len(titles) > 5),
            self.title: known or "",
        }

    def _picture(self, progress: Progress, say: Say) -> Update:
        return {
            self.graph: plan_graph(progress.rows, say),
            self.timeline: timeline(progress.rows, say),
        }

    def _approval_of(self, past: Past, say: Say) -> Update:
        """Show what graph/approval.py asks, if it does."""
        if not past.waiting:
            return {self.approval: gr.update(visible=False), self.question: ""}
        about = past.waiting["action_requests"][0]["description"].splitlines()
        complaint = "" if about[0].startswith("0.") or len(about) == 1 else f"{without_links(about[0])}\n\n"
        return {
            self.approval: gr.update(visible=True),
            self.question: f"**{say('May this run?')}** {complaint}{without_links(about[-1])}",
        }


def _files(paths: Sequence[str]) -> Update:
    return gr.update(value=[*paths] or None, visible=bool(paths))
