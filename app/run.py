"""One place that streams the graph and folds what it sends into a report."""

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StreamMode

from app.lasting import lost
from graph.context import Context
from graph.state import InputState, OutputState, Plan, Result, State
from graph.usage import Usage

STAGES = ("plan", "select", "execute", "respond")
Given = InputState | Command[Any] | None
Graph = CompiledStateGraph[State, Context, InputState, OutputState]


class Watcher(Protocol):
    """Someone who is told what happens while it happens."""

    def stage(self, name: str, update: Mapping[str, Any]) -> None:
        """A stage has ended with this update of the state."""

    def event(self, event: Mapping[str, Any]) -> None:
        """A task was queued, started, moved on or ended: see graph/events.py."""

    def token(self, text: str) -> None:
        """A piece of the answer."""


@dataclass
class Report:
    """What became of a run. Times are in seconds."""

    values: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    counter: Usage = field(default_factory=Usage)
    interrupts: list[Any] = field(default_factory=list)
    lost: sqlite3.Error | None = None  # why the conversation as it is now could not be kept

    @property
    def plan(self) -> Plan | None:
        """The plan, if the request led to one."""
        return self.values.get("plan")

    @property
    def results(self) -> list[Result]:
        """What became of each task."""
        return list(self.values.get("results") or [])

    @property
    def usage(self) -> dict[str, dict[str, int]]:
        """Calls of language models and their tokens, by stage and in total; empty where there were none."""
        stages = {name: dict(used) for name, used in self.counter.stages.items()}
        return stages | {"total": dict(self.counter.total)} if stages else {}

    @property
    def answer(self) -> str:
        """The last words of the assistant, empty when it has said nothing yet."""
        return self._said.text if self._said else ""

    @property
    def _said(self) -> AIMessage | None:
        messages = self.values.get("messages") or []
        return messages[-1] if messages and isinstance(messages[-1], AIMessage) else None

    @property
    def choices(self) -> list[str]:
        """What the last words offer to choose from."""
        return [str(choice) for choice in self._said.response_metadata.get("choices") or []] if self._said else []

    @property
    def exit_code(self) -> int:
        """See app/cli/errors.py for what the codes mean."""
        if not self.plan:
            return int(self._said.response_metadata.get("exit_code", 0)) if self._said else 3
        ends = {result.status for result in self.results}
        if ends <= {"done"}:
            return 0
        return 4 if "failed" in ends and "done" not in ends else 1

    def to_json(self) -> dict[str, Any]:
        """The one object that ``--json`` prints."""
        refusal = {} if self.plan or not self.exit_code else {"error": self.answer, "exit_code": self.exit_code}
        return refusal | {
            "plan": [task.model_dump() for task in self.plan.tasks] if self.plan else [],
            "notes": self.plan.notes if self.plan else [],
            "jobs": [job.model_dump() for job in self.values.get("jobs") or []],
            "results": [result.model_dump() for result in self.results],
            "artifacts": [{"id": r.id, "task": r.task, "path": path} for r in self.results for path in r.files],
            "answer": self.answer,
            "timings": self.timings,
            "usage": self.usage,
        }


async def run(
    graph: Graph,
    given: Given,
    context: Context,
    config: RunnableConfig,
    watcher: Watcher,
    *,
    plan_only: bool = False,
    so_far: Report | None = None,
) -> Report:
    """Run the graph on an input, a resume command or (to go on where it stopped) None.

    ``so_far`` is the report of the run that a resume command continues; what follows is added to it.
    """
    report = so_far or Report()
    report.interrupts.clear()
    config = {**config, "callbacks": [report.counter]}
    context = context.model_copy(update={"early": "never"}) if plan_only else context
    begun = last = time.perf_counter()
    modes: list[StreamMode] = ["custom", "messages", "updates", "values"]
    stop = ["select"] if plan_only else None
    async for part in graph.astream(given, config, context=context, stream_mode=modes, interrupt_before=stop):
        mode, chunk = cast("tuple[StreamMode, Any]", part)
        if mode == "updates":
            now = time.perf_counter()
            _stage_done(report, chunk, now - last, watcher)
            last = now
        else:
            _fold(report, mode, chunk, watcher)
    report.lost = lost(graph.checkpointer, config)
    report.timings["total"] = round(report.timings.get("total", 0) + time.perf_counter() - begun, 4)
    return report


def _stage_done(report: Report, chunk: dict[str, Any], seconds: float, watcher: Watcher) -> None:
    for node, update in chunk.items():
        if node == "__interrupt__":
            report.interrupts.extend(update)
        elif node in STAGES:
            report.timings[node] = round(report.timings.get(node, 0) + seconds, 4)
            watcher.stage(node, update or {})


def _fold(report: Report, mode: StreamMode, chunk: dict[str, Any] | tuple[Any, Any], watcher: Watcher) -> None:
    if isinstance(chunk, tuple):
        message, metadata = chunk
        if metadata.get("langgraph_node") == "respond" and message.text:
            watcher.token(message.text)
    elif mode == "values":
        report.values = chunk
    else:
        watcher.event(chunk)
