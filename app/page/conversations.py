"""Whose conversations are whose, and what was said in each: read from the graph's own checkpoints.

A browser is known by a random name of its own that it keeps. Its threads and files stand under that name and the
name of the user whose key it sent, so that nobody else can list or open them.
"""

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from app.progress import Progress, Row
from app.run import Graph
from app.server.runs import config_for
from graph import build
from graph.context import Context
from graph.state import Plan, Result, Task

TITLE = 48  # characters of the first message that name a conversation


def name_or_new(name: object) -> str:
    """The name that a browser sent, or a new one that cannot be guessed (128 random bits) if it is none of ours."""
    return name if isinstance(name, str) and re.fullmatch("[0-9a-f]{32}", name) else secrets.token_hex(16)


@dataclass(frozen=True, eq=False)
class Past:
    """A conversation as it stands. Compared by identity: every look at it is drawn anew."""

    messages: list[BaseMessage] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    plan: Plan | None = None
    results: list[Result] = field(default_factory=list)
    waiting: Any = None  # the interrupt that waits for an answer, if one does

    @property
    def files(self) -> list[str]:
        """What was given and made, as far as it is still there."""
        made = [path for result in self.results for path in result.files]
        return [path for path in dict.fromkeys([*self.resources, *made]) if Path(path).is_file()]

    def progress(self) -> Progress:
        """How the last request ended, as the page draws it."""
        ended = {result.id: result for result in self.results}
        tasks = self.plan.tasks if self.plan else []
        return Progress({task.id: _row(task, ended.get(task.id)) for task in tasks})


def _row(task: Task, result: Result | None) -> Row:
    if result is None:
        return Row(task)
    model = result.choice.model if result.choice else ""
    note = result.error or ("reused" if result.cached else "")
    return Row(task, result.status, model, note, started=result.started, ended=result.ended)


class Conversations:
    """The conversations of every browser, each shut off from the others."""

    def __init__(self, saver: BaseCheckpointSaver[Any]) -> None:
        self._saver = saver
        self.graph: Graph = build().compile(checkpointer=saver, name="hugginggpt")

    def config(self, owner: str, thread: str, context: Context) -> RunnableConfig:
        """How to run the graph in this conversation. The thread id holds the owner, so that it is theirs alone."""
        config = config_for(owner, "page")
        return {
            **config,
            "configurable": {**config["configurable"], "thread_id": f"{owner}/{thread}"},
            "metadata": {"owner": owner, "options": context.model_dump_json(), "run": str(config["run_id"])},
            "run_name": "hugginggpt",
        }

    async def titles(self, owner: str, limit: int = 30) -> list[tuple[str, str]]:
        """(title, thread) of this browser's conversations, the latest first."""
        found: dict[str, str] = {}
        async for item in self._saver.alist(None, filter={"owner": owner}, limit=limit * 20):
            thread = str(item.config["configurable"]["thread_id"]).removeprefix(f"{owner}/")
            messages = item.checkpoint["channel_values"].get("messages") or []
            title = next((m.text for m in messages if isinstance(m, HumanMessage)), "")
            if title and len(found) < limit:
                found.setdefault(thread, title if len(title) <= TITLE else title[: TITLE - 1] + "…")
        return [(title, thread) for thread, title in found.items()]

    async def open(self, owner: str, thread: str) -> Past:
        """What was said and made in one conversation; empty for a new one."""
        snapshot = await self.graph.aget_state(self.config(owner, thread, Context()))
        values = snapshot.values
        return Past(
            messages=values.get("messages", []),
            resources=values.get("resources", []),
            plan=values.get("plan"),
            results=values.get("results", []),
            waiting=snapshot.interrupts[0].value if snapshot.interrupts else None,
        )

    async def run_of(self, owner: str, thread: str, message: str) -> UUID | None:
        """The run that said a message of the conversation: the earliest state that holds it is that run's."""
        run = None
        async for snapshot in self.graph.aget_state_history(self.config(owner, thread, Context())):
            if message not in [said.id for said in snapshot.values.get("messages", [])]:
                break
            run = (snapshot.metadata or {}).get("run")
        return UUID(run) if isinstance(run, str) else None
