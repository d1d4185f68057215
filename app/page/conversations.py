"""Whose conversations are whose, and what was said in each: read from the graph's own checkpoints.

Their titles stand in LangGraph's store: no checkpoint is read to list them. Where several processes serve the page,
all see the same, and a lease lets one of them at a time work on a conversation.

A browser is known by a random name of its own that it keeps. Its threads and files stand under that name and the
name of the user whose key it sent, so that nobody else can list or open them.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import dropwhile
from textwrap import shorten
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.messages import BaseMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from upath import UPath

from app.audit import audit
from app.checkpoints import Memory, memory
from app.data import copies
from app.data.everything import Everything
from app.data.item import Choice
from app.owner import Owner
from app.progress import Progress, Row
from app.run import Graph
from graph import compiled
from graph.context import Context
from graph.state import Plan, Result, Task
from tools.files.artifacts import record_of
from tools.files.places import exists, here, is_remote, remove

TITLE = 48  # characters of the first message that name a conversation
UNTITLED = "A file"  # names a conversation that begins without words
log = logging.getLogger(__name__)


class Title(NamedTuple):
    """An entry of the list of conversations: ``used`` is when it was last spoken in, in seconds since the epoch."""

    title: str
    thread: str
    used: float


@dataclass(frozen=True, eq=False)
class Past:
    """A conversation as it stands. Compared by identity: every look at it is drawn anew."""

    messages: list[BaseMessage] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    plan: Plan | None = None
    results: list[Result] = field(default_factory=list)
    waiting: Any = None  # the interrupt that waits for an answer, if one does
    unfinished: bool = False  # it was stopped, or its server was, before it had ended

    def bring(self) -> None:
        """Copy the files to this disk, where they lie elsewhere: a page is drawn on the event loop."""
        for path in (path for path in self._named if is_remote(UPath(path))):
            for file in (path, record_of(path)):
                with suppress(OSError):
                    here(file)

    @property
    def _named(self) -> list[str]:
        made = [path for result in self.results for path in result.files]
        return list(dict.fromkeys([*self.resources, *made]))

    @property
    def files(self) -> list[str]:
        """What was given and made, as far as it is still there."""
        return [path for path in self._named if exists(path)]

    @property
    def given(self) -> list[str]:
        """The files that came from the user."""
        return [path for path in self.files if not exists(record_of(path))]

    @property
    def made(self) -> list[str]:
        """The files that tasks made: each has its provenance beside it."""
        return [path for path in self.files if exists(record_of(path))]

    def progress(self) -> Progress:
        """How the last request ended, or how far it came, as the page draws it."""
        ended = {result.id: result for result in self.results}
        tasks = self.plan.tasks if self.plan else []
        return Progress({task.id: _row(task, ended.get(task.id)) for task in tasks})


def _row(task: Task, result: Result | None) -> Row:
    if result is None:
        return Row(task)
    note = result.error or ("reused" if result.cached else "")
    row = Row(task, result.status, note=note, started=result.started, ended=result.ended)
    if result.choice:
        row.model, row.backend = result.choice.model, result.choice.backend
    return row


def _unlink(paths: Sequence[UPath]) -> None:
    copies.forget([path for path in paths if not is_remote(path)])
    for path in paths:
        remove(path)


def _shelf(owner: str) -> tuple[str, ...]:
    """Where the store keeps an owner's titles."""
    return ("conversations", *owner.split("/"))


class Conversations:
    """The conversations of every browser, each shut off from the others."""

    def __init__(self, kept: Memory) -> None:
        self._memory = kept
        self._saver, self._store, self._leases = kept.saver, kept.store, kept.leases
        self.graph: Graph = compiled(kept.saver)

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> "AsyncIterator[Conversations]":
        """The conversations that this server keeps."""
        async with memory() as kept:
            yield cls(kept)

    def config(self, owner: str, thread: str, context: Context) -> RunnableConfig:
        """How to run the graph in this conversation. The thread id holds the owner, so that it is theirs alone."""
        config = Owner(owner).config("page")
        return {
            **config,
            "configurable": {**config["configurable"], "thread_id": f"{owner}/{thread}"},
            "metadata": {"owner": owner, "options": context.model_dump_json(), "run": str(config["run_id"])},
            "run_name": "hugginggpt",
        }

    def turn(self, owner: str, thread: str) -> AbstractAsyncContextManager[None]:
        """Hold the conversation for one request, over all processes. Raises Busy on entry."""
        return self._leases.held(f"{owner}/{thread}")

    async def elsewhere(self, owner: str, thread: str) -> bool:
        """Whether some process works on a request of this conversation."""
        return await self._leases.taken(f"{owner}/{thread}")

    async def stop(self, owner: str, thread: str) -> None:
        """Let whichever process works on a request of this conversation stop it."""
        await self._leases.stop(f"{owner}/{thread}")

    async def name(self, owner: str, thread: str, title: str) -> None:
        """Put a conversation first in its owner's list, under the title that it first got."""
        known = await self._store.aget(_shelf(owner), thread)
        title = known.value["title"] if known else shorten(title, TITLE, placeholder=" …") or UNTITLED
        try:
            await self._store.aput(_shelf(owner), thread, {"title": title, "used": time.time()}, index=False)
        except sqlite3.Error as error:  # a full disk: the request is answered all the same
            log.warning("The title of a conversation was not kept: %s", error)

    async def titles(self, owner: str, limit: int = 50) -> list[Title]:
        """This browser's conversations, the latest first."""
        items = await self._store.asearch(_shelf(owner), limit=limit)
        items.sort(key=lambda item: item.value["used"], reverse=True)  # the store's own times are whole seconds
        return [Title(item.value["title"], item.key, item.value["used"]) for item in items]

    async def rename(self, owner: str, thread: str, title: str) -> None:
        """Give a conversation of the list another title, if there is one to give."""
        known = await self._store.aget(_shelf(owner), thread)
        if known and title.strip():
            new = {**known.value, "title": shorten(title, TITLE, placeholder=" …")}
            await self._store.aput(_shelf(owner), thread, new, index=False)

    async def rewind(self, owner: str, thread: str, message: str) -> None:
        """Take back a message, and all that was said from there on."""
        config = self.config(owner, thread, Context())
        said = (await self.graph.aget_state(config)).values.get("messages", [])
        gone = [RemoveMessage(id=spoken.id) for spoken in dropwhile(lambda spoken: spoken.id != message, said)]
        await self.graph.aupdate_state(config, {"messages": gone}, as_node="respond")

    async def forget(self, owner: str, thread: str) -> None:
        """Delete a conversation: its messages, its title, and the files that were made in it."""
        past = await self.open(owner, thread)
        await asyncio.to_thread(_unlink, [path for made in past.made for path in (record_of(made), UPath(made))])
        await self._saver.adelete_thread(f"{owner}/{thread}")
        await self._store.adelete(_shelf(owner), thread)
        await self._memory.wipe()
        audit("delete", owner, conversation=thread)

    async def forget_all(self, owner: str) -> int:
        """Delete everything of an owner's; how many conversations stay, as a request runs in them."""
        deleted = await Everything(self._memory).delete(Choice(owner))
        audit("delete", owner, **deleted.to_json())
        return len(deleted.busy)

    async def open(self, owner: str, thread: str) -> Past:
        """What was said and made in one conversation; empty for a new one."""
        config = self.config(owner, thread, Context())
        snapshot = await self.graph.aget_state(config)
        values = snapshot.values
        past = Past(
            messages=values.get("messages", []),
            resources=values.get("resources", []),
            plan=values.get("plan"),
            results=values.get("results") or (await self._finished(config) if snapshot.next else []),
            waiting=snapshot.interrupts[0].value if snapshot.interrupts else None,
            unfinished=bool(snapshot.next) and not snapshot.interrupts,
        )
        await asyncio.to_thread(past.bring)
        return past

    async def _finished(self, config: RunnableConfig) -> list[Result]:
        """The results of a request that has not ended: they wait beside its checkpoint (graph/executor.py)."""
        kept = await self._saver.aget_tuple(config)
        results = [value for _, _, value in kept.pending_writes or [] if isinstance(value, Result)] if kept else []
        return sorted(results, key=lambda result: result.id)

    async def run_of(self, owner: str, thread: str, message: str) -> UUID | None:
        """The run that said a message of the conversation: the earliest state that holds it is that run's."""
        run = None
        async for snapshot in self.graph.aget_state_history(self.config(owner, thread, Context())):
            if message not in [said.id for said in snapshot.values.get("messages", [])]:
                break
            run = (snapshot.metadata or {}).get("run")
        return UUID(run) if isinstance(run, str) else None
