"""What the page does: every handler, and which button calls it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from langchain_core.messages import HumanMessage
from langgraph.types import Command

from app.feedback import Feedback, record
from app.owner import Owner
from app.page.bubbles import HOW_ID, bubbles, note
from app.page.cards import cards, decision
from app.page.conversations import Conversations, Past
from app.page.found import show_found
from app.page.live import Live
from app.page.running import Running
from app.page.scripts import CLOSE_SIDEBAR_ON_PHONES, EMPTY, EXPORT, MEND_ROLES, NAME, SURE, SURE_OF_ALL
from app.page.steps import spoken
from app.page.view import Tab, Update, View
from app.page.visit import Visit
from app.page.words import word
from app.quotas import Quotas
from app.uploads import keep
from graph.chat_models import choosable
from graph.state import Plan
from tools.errors import HuggingGPTError

ELSEWHERE = 1.0  # seconds between two looks at a request that another process works on
Option = Any  # the value of one of Page._options
Handler = Callable[..., Awaitable[None]]


class Page(View):
    """The page. ``opened`` gives the conversations; it is first awaited when somebody arrives."""

    def __init__(self, opened: Callable[[], Awaitable[Conversations]], quotas: Quotas | None = None) -> None:
        super().__init__()
        self._conversations = opened
        self._requests = Running(opened, quotas or Quotas())
        self._tabs: dict[str, Tab] = {}  # the open pages
        self._who = [self.browser, self.thread]
        self._options = [self.llm, self.mode, self.approve]
        with self.blocks:
            self._wire()

    def _wire(self) -> None:
        """Most events change what is the case; the page is then drawn by ``_draw`` alone, which also follows runs."""
        who, options = self._who, self._options
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
        draw: dict[str, Any] = {"fn": self._draw, "inputs": who, "outputs": self.drawn, **quiet}
        self.blocks.load(None, who, who, js=NAME, **quiet).then(**draw)
        self.blocks.load(js=CLOSE_SIDEBAR_ON_PHONES)
        self.blocks.load(js=MEND_ROLES)
        self.blocks.unload(self._leave)
        self.history.input(None, [self.history], [self.thread], js="thread => thread", **quiet).then(**draw)
        self.search.input(self._search, [*who, self.search], [self.history], **quiet)
        anew, begin = [self.new.click, self.chat.clear], f"() => [...({NAME})(null), {EMPTY}]"
        gr.on(anew, None, None, [self.thread, self.box], js=begin, **quiet).then(**draw)
        forgotten = self.delete.click(self._forget, who, [], js=SURE, **quiet)
        forgotten.success(None, None, [self.thread, self.box], js=begin, **quiet).then(**draw)
        self.export.click(None, [self.browser], None, js=EXPORT, **quiet)
        emptied = self.delete_all.click(self._forget_all, who, [], js=SURE_OF_ALL, **quiet)
        emptied.success(None, None, [self.thread, self.box], js=begin, **quiet).then(**draw)
        starts: list[tuple[Any, Handler, list[Component]]] = [
            (self.box.submit, self._send, [self.box]),
            (self.chat.example_select, self._try, []),
            (self.chat.option_select, self._pick, []),
            (self.chat.retry, self._again, []),
            (self.chat.edit, self._edit, [self.chat]),
            (self.go_on.click, self._go_on, []),
            (self.title.submit, self._rename, [self.title]),
        ]
        for event, handler, given in starts:
            event(self._then_draw(handler), [*who, *given, *options], self.drawn, **quiet)
        self.box.stop(self._stop, who, **quiet)
        self.chat.like(self._judge, [*who, self.chat], [self.judged, self.comment], **quiet)
        self.comment.submit(self._comment, [*who, self.judged, self.comment], [self.comment], **quiet)
        self.blocks.load(_kept, [self.kept], options, **quiet)
        self.blocks.load(show_found, None, [self.servers], **quiet)
        changed = [self.llm.input, self.mode.input, self.approve.input]
        gr.on(changed, None, options, [self.kept], js="(...values) => [values]", **quiet)

    # The handlers. Gradio fills in ``request`` by its type, wherever it stands first.

    async def _send(
        self, request: gr.Request, browser: object, thread: object, said: dict[str, Any], *options: Option
    ) -> None:
        visit, text, files = Visit.of(request, browser, thread), (said.get("text") or "").strip(), said.get("files")
        if text or files:
            await self._requests.ask(visit, text, [await _keep(visit, path) for path in files or []], options)

    async def _try(
        self, request: gr.Request, browser: object, thread: object, chosen: gr.SelectData, *options: Option
    ) -> None:
        example = self.examples[chosen.index]
        await self._send(request, browser, thread, {"text": example.text, "files": example.files}, *options)

    async def _pick(
        self, request: gr.Request, browser: object, thread: object, chosen: gr.SelectData, *options: Option
    ) -> None:
        """Send what an answer offered to choose from."""
        await self._requests.ask(Visit.of(request, browser, thread), str(chosen.value), [], options)

    async def _again(self, request: gr.Request, browser: object, thread: object, *options: Option) -> None:
        """Answer the last message anew, in the place of the answer that it got."""
        visit, conversations = Visit.of(request, browser, thread), await self._conversations()
        past = await conversations.open(visit.owner, visit.thread)
        asked = next(message for message in reversed(past.messages) if isinstance(message, HumanMessage))
        await self._requests.ask_instead(visit, asked, asked.text, options)

    async def _edit(
        self,
        request: gr.Request,
        browser: object,
        thread: object,
        chat: list[Any],
        edited: gr.EditData,
        *options: Option,
    ) -> None:
        """Send a message as it was changed, in the place of what was said from there on."""
        visit, conversations = Visit.of(request, browser, thread), await self._conversations()
        past = await conversations.open(visit.owner, visit.thread)
        changed = chat[edited.index if isinstance(edited.index, int) else edited.index[0]]["metadata"]["id"]
        asked = next(message for message in past.messages if message.id == changed)
        await self._requests.ask_instead(visit, asked, str(edited.value), options)

    async def _go_on(self, request: gr.Request, browser: object, thread: object, *options: Option) -> None:
        await self._requests.begin(Visit.of(request, browser, thread), None, options)

    def show_cards(self, past: Past, request: gr.Request) -> None:
        """A card for each step that waits for a word, and the buttons that say it."""
        if not past.waiting:
            return
        parts, fields = cards(past.waiting, Visit.of(request, "", "").say)
        with gr.Row():
            no = gr.Button(word("✗ Do not run"), elem_id="reject")
            yes = gr.Button(word("✓ Run"), variant="primary", elem_id="run")

        async def decide(request: gr.Request, browser: object, thread: object, *values: object) -> None:
            answers, options = values[: len(parts)], values[len(parts) :]
            chosen = decision(past.waiting, fields, answers)
            visit, resume = Visit.of(request, browser, thread), {"decisions": [chosen]}
            await self._requests.begin(visit, Command(resume=resume), options)

        async def refuse(request: gr.Request, browser: object, thread: object, *options: object) -> None:
            rejected: Command[Any] = Command(resume={"decisions": [{"type": "reject"}]})
            await self._requests.begin(Visit.of(request, browser, thread), rejected, options)

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        yes.click(self._then_draw(decide), [*self._who, *parts, *self._options], self.drawn, **quiet)
        no.click(self._then_draw(refuse), [*self._who, *self._options], self.drawn, **quiet)

    async def _search(self, request: gr.Request, browser: object, thread: object, words: str) -> Any:  # noqa: ANN401 - Gradio's update
        visit, conversations = Visit.of(request, browser, thread), await self._conversations()
        return self.listed(await conversations.titles(visit.owner), visit.thread, visit.say, words)[self.history]

    async def _rename(
        self, request: gr.Request, browser: object, thread: object, title: str, *_options: Option
    ) -> None:
        visit, conversations = Visit.of(request, browser, thread), await self._conversations()
        await conversations.rename(visit.owner, visit.thread, title)

    async def _forget(self, request: gr.Request, browser: object, thread: object) -> None:
        await self._requests.forget(Visit.of(request, browser, thread))

    async def _forget_all(self, request: gr.Request, browser: object, thread: object) -> None:
        visit = Visit.of(request, browser, thread)
        busy = await self._requests.forget_all(visit)
        still = visit.say("{busy} still at work elsewhere: stop them, then delete again.", busy=busy)
        gr.Info(still if busy else visit.say("All is deleted."))

    async def _stop(self, request: gr.Request, browser: object, thread: object) -> None:
        await self._requests.stop(Visit.of(request, browser, thread))

    async def _leave(self, request: gr.Request) -> None:
        self._tabs.pop(request.session_hash or "", None)

    async def _judge(
        self, request: gr.Request, browser: object, thread: object, chat: list[Any], verdict: gr.LikeData
    ) -> tuple[Feedback | None, Any]:
        """Keep what somebody thinks of an answer (app/feedback.py), and ask why."""
        visit, conversations = Visit.of(request, browser, thread), await self._conversations()
        message = chat[verdict.index if isinstance(verdict.index, int) else verdict.index[0]]["metadata"][
            "id"
        ].removesuffix(HOW_ID)
        run_id = await conversations.run_of(visit.owner, visit.thread, message)
        if run_id is None:
            return None, gr.skip()
        feedback = Feedback(run_id=run_id, score=float(verdict.liked is True))
        await record(feedback, Owner(visit.owner))
        return feedback, gr.Textbox("", visible=True)

    async def _comment(
        self, request: gr.Request, browser: object, thread: object, judged: Feedback | None, words: str
    ) -> gr.Textbox:
        if judged and words.strip():
            comment = Feedback(run_id=judged.run_id, comment=words.strip())  # the score counts once
            visit = Visit.of(request, browser, thread)
            await record(comment, Owner(visit.owner))
            gr.Info(visit.say("Thank you."))
        return gr.Textbox("", visible=False)

    async def stop_all(self) -> None:
        """End all requests, as their process is about to end; what had finished stays in their checkpoints."""
        await self._requests.stop_all()

    # What they have in common

    def _then_draw(self, handler: Handler) -> Callable[..., AsyncIterator[Update]]:
        """The handler, and then the page as it has become, in one trip to the server."""

        @wraps(handler)  # Gradio looks at the parameters
        async def both(request: gr.Request, browser: object, thread: object, *more: object) -> AsyncIterator[Update]:
            trouble = ""
            try:
                await handler(request, browser, thread, *more)
            except HuggingGPTError as error:  # a message of the chat: what Gradio makes of errors covers the page
                trouble = str(error)
            async for update in self._draw(request, browser, thread, trouble):
                yield update

        return both

    async def _draw(
        self, request: gr.Request, browser: object, thread: object, trouble: str = ""
    ) -> AsyncIterator[Update]:
        """The conversation, and every change as long as a request runs in it and the page shows no other."""
        visit, conversations = Visit.of(request, browser, thread), await self._conversations()
        tab = self._tabs.setdefault(visit.tab, Tab())
        tab.thread, live = visit.thread, self._requests.of(visit)
        # Names go back only where the browser's own were none: it may be in another conversation when they arrive.
        named = {self.browser: visit.browser, self.thread: visit.thread}
        mended = {} if [*named.values()] == [browser, thread] else named
        async for update in self._views(visit, conversations, live, trouble):
            if tab.thread != visit.thread:
                yield {self.chat: gr.skip()}  # Gradio repeats the last drawing when a handler ends
                return
            yield tab.fresh(mended | update, self.touched)

    async def _views(
        self, visit: Visit, conversations: Conversations, live: Live | None, trouble: str
    ) -> AsyncIterator[Update]:
        say = visit.say
        if live and trouble:  # whoever began the request goes on drawing it
            yield {self.chat: [*live.chat, *spoken(live, say), note(say(trouble), say)]}
            return
        if live:
            yield self.begun(live, await conversations.titles(visit.owner), visit.thread, say)
            async for _ in live.changes():
                yield self.running(live, say)
            trouble = self._requests.close(visit, live)
            if live.stopped:
                gr.Info(say("Stopped. What had finished is kept."))
        async for update in self._elsewhere(visit, conversations):
            yield update
        past, titles = await conversations.open(visit.owner, visit.thread), await conversations.titles(visit.owner)
        if (self._requests.of(visit) or live) is not live:  # whoever has begun one meanwhile draws it
            yield {self.chat: gr.skip()}
            return
        yield self.at_rest(
            past, titles, visit.thread, say, progress=live.progress if live else None, trouble=say(trouble)
        )

    async def _elsewhere(self, visit: Visit, conversations: Conversations) -> AsyncIterator[Update]:
        """What is known of a request that another process works on, until it has ended."""
        titles = await conversations.titles(visit.owner)
        while await conversations.elsewhere(visit.owner, visit.thread):
            past = await conversations.open(visit.owner, visit.thread)
            known = Live(bubbles(past.messages, past.files, visit.say))
            known.progress.resume(past.plan or Plan(), past.results)
            yield self.begun(known, titles, visit.thread, visit.say) | self.running(known, visit.say)
            await asyncio.sleep(ELSEWHERE)


def _kept(options: object) -> Any:  # noqa: ANN401 - values of components, or none
    """The settings that a browser kept; a controller that is offered no more gives way."""
    if not isinstance(options, list) or not options:
        return gr.skip()
    llm, *rest = options
    return [llm if llm in choosable() else "auto", *rest]


async def _keep(visit: Visit, path: str) -> str:
    """The owner's own copy of what was uploaded. Raises InputError where it cannot be used."""
    content = await asyncio.to_thread(Path(path).read_bytes)
    return await Owner(visit.owner).do(keep(Path(path).name, content))
