"""The requests that run on the page's behalf, at most one in each conversation."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from app.audit import audit
from app.page.bubbles import SHOWN, bubbles
from app.page.conversations import Conversations
from app.page.live import Live
from app.page.visit import Visit
from app.quotas import Quotas
from app.run import Given, Report, run
from graph.context import Context
from graph.state import InputState
from tools.errors import InputError

Options = tuple[Any, ...]  # controller, mode, approve: what the page's settings say, in that order


class Running:
    """Requests that run, or have just ended and are not drawn yet. ``opened`` gives the conversations."""

    def __init__(self, opened: Callable[[], Awaitable[Conversations]], quotas: Quotas) -> None:
        self._quotas = quotas
        self._conversations = opened
        self._live: dict[tuple[str, str], Live] = {}

    def of(self, visit: Visit) -> Live | None:
        """The request of this conversation."""
        return self._live.get(visit.conversation)

    async def ask(self, visit: Visit, text: str, files: list[str], options: Options) -> None:
        """Send a message with files of the visitor's own."""
        await (await self._conversations()).name(visit.owner, visit.thread, text)
        message = HumanMessage(text, additional_kwargs={SHOWN: files})
        await self.begin(visit, {"messages": [message], "resources": files}, options)

    async def ask_instead(self, visit: Visit, asked: BaseMessage, text: str, options: Options) -> None:
        """Send a message in the place of an earlier one and of all that came after it."""
        self._refuse_two(visit)
        await (await self._conversations()).rewind(visit.owner, visit.thread, asked.id or "")
        await self.ask(visit, text, asked.additional_kwargs.get(SHOWN, []), options)

    async def begin(self, visit: Visit, given: Given, options: Options) -> None:
        """Let a request run, or go on, unless one runs in this conversation already.

        Raises:
            InputError: one does, or the owner's quota is used up.
        """
        self._refuse_two(visit)
        self._quotas.check_day(visit.user)
        await self._quotas.check_kept(visit.user)
        conversations = await self._conversations()
        past = await conversations.open(visit.owner, visit.thread)
        new = given if isinstance(given, dict) else InputState(messages=[])
        live = Live(bubbles([*past.messages, *new["messages"]], [*past.files, *new.get("resources", [])], visit.say))
        if past.plan and not new["messages"]:
            live.progress.resume(past.plan, past.results)
        context = Context.model_validate(dict(zip(("llm", "mode", "approve_plan"), options, strict=True)))
        config = conversations.config(visit.owner, visit.thread, context)

        async def in_turn() -> Report:
            async with conversations.turn(visit.owner, visit.thread):
                with self._quotas.request(visit.user):
                    return await run(conversations.graph, given, context, config, live)

        audit("run", visit.owner, conversation=visit.thread)
        live.begin(in_turn())
        going_on = {conversation: other for conversation, other in self._live.items() if not other.over}
        self._live = going_on | {visit.conversation: live}

    async def stop(self, visit: Visit) -> None:
        """End the conversation's request, whichever process runs it; what had finished is kept."""
        if live := self.of(visit):
            await live.stop()
        else:
            await (await self._conversations()).stop(visit.owner, visit.thread)

    async def forget(self, visit: Visit) -> None:
        """End the conversation's request and delete the conversation."""
        if live := self._live.pop(visit.conversation, None):
            await live.stop()
        await (await self._conversations()).forget(visit.owner, visit.thread)
        self._quotas.recount(visit.user)

    async def forget_all(self, visit: Visit) -> int:
        """End and delete all of the visitor's; how many could not be, because other processes work on them."""
        for conversation in [conversation for conversation in self._live if conversation[0] == visit.owner]:
            await self._live.pop(conversation).stop()
        busy = await (await self._conversations()).forget_all(visit.owner)
        self._quotas.recount(visit.user)
        return busy

    async def stop_all(self) -> None:
        """End all requests, as their process is about to end; what had finished stays in their checkpoints."""
        await asyncio.gather(*(live.stop() for live in self._live.values()))

    def close(self, visit: Visit, live: Live) -> str:
        """Forget a request that has ended; why it came to no answer, if it did not."""
        if self.of(visit) is live:
            del self._live[visit.conversation]
        return live.failure

    def _refuse_two(self, visit: Visit) -> None:
        """Raises InputError while a request runs in the conversation."""
        if (running := self.of(visit)) and not running.over:
            raise InputError(visit.say("A request still runs in this conversation. Stop it, or wait for its end."))
