"""One request from the command line: run it durably, show it, and say how it went."""

import asyncio
import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, StateSnapshot

from app.checkpoints import new_thread, newest, saver, unusable
from app.cli.alone import alone
from app.cli.approval import decide
from app.cli.ctrl_c import run_until_stopped
from app.cli.errors import emit
from app.cli.options import allow
from app.cli.show import Quiet, Show, print_plan
from app.run import Given, Graph, run
from graph import compiled, graph
from graph.context import Context
from graph.conversation import read
from graph.state import InputState, Plan
from tools.errors import HuggingGPTError, InputError, ModelError
from tools.settings import override, settings


async def message(request: str, inputs: list[str]) -> InputState:
    """The graph's input for a request and its files, checked.

    Raises:
        InputError: the request is empty, or a file of it cannot be used.
    """
    await asyncio.to_thread(allow, request, inputs)
    asked = await read({"messages": [HumanMessage(request)], "resources": inputs})
    return {"messages": [asked.message], "resources": asked.given}


@dataclass
class Ask:
    """How requests are run: with which options, in which conversation, for a person or for a program."""

    context: Context
    as_json: bool = False
    how: bool = False
    opening: bool = False  # whether what is made is opened, once it is there
    thread: str = field(default_factory=new_thread)
    begun: bool = False
    choices: list[str] = field(default_factory=list)  # what the last answer offered to choose from

    @property
    def config(self) -> RunnableConfig:
        """The conversation; the options go along so that ``resume`` can use them again."""
        folders = json.dumps([str(folder) for folder in settings().folders])  # LangGraph keeps texts, and no lists
        kept = {"options": self.context.model_dump_json(), "folders": folders}
        return {"configurable": {"thread_id": self.thread}, "metadata": kept, "run_name": "hugginggpt"}

    def ask(self, request: str, inputs: list[str]) -> int:
        """Run to the end, show what became of it, and return the exit code."""
        return run_until_stopped(self._ask(request, inputs), lambda: how_to_resume() if self.begun else "Stopped.")

    def plan(self, request: str, inputs: list[str]) -> int:
        """Make the plan, print it, and run nothing."""
        return run_until_stopped(self._plan(request, inputs), lambda: "Stopped.")

    async def _plan(self, request: str, inputs: list[str]) -> int:
        given = await message(request, inputs)
        report = await run(graph, given, self.context, {}, Quiet(), plan_only=True)
        if self.as_json:
            emit(report.to_json())
        elif report.plan and report.plan.tasks:
            print_plan(report.plan, Show().out)
        else:
            Show().report(report)
        return report.exit_code

    async def _ask(self, request: str, inputs: list[str]) -> int:
        given = await message(request, inputs)
        async with saver() as checkpointer:
            try:
                return await self.turn(compiled(checkpointer), given)
            except HuggingGPTError as error:
                if not isinstance(error, ModelError):  # going on later cannot help: leave nothing to resume
                    await checkpointer.adelete_thread(self.thread)
                raise

    async def turn(self, graph: Graph, given: Given, planned: Plan | None = None) -> int:
        """One request of a conversation, with the approvals that it asks for; ``planned`` is what was begun before."""
        with alone(self.thread), Quiet() if self.as_json else Show(how=self.how) as show:
            self.begun = True
            if planned:
                show.stage("plan", {"plan": planned})
            report = await run(graph, given, self.context, self.config, show)
            while report.interrupts:
                show.pause()
                command: Command[Any] = Command(resume=decide(report.interrupts[0].value))
                report = await run(graph, command, self.context, self.config, show, so_far=report)
            if isinstance(show, Show):
                show.report(report)
            else:
                emit(report.to_json())
        if self.opening:
            open_all([path for result in report.results for path in result.files])
        self.choices = report.choices
        if report.lost:
            typer.secho(f"This answer was not kept: {unusable(report.lost)}", fg="yellow", err=True)
        return report.exit_code


def open_all(paths: list[str]) -> None:
    """Open files with the programs that this machine has for them."""
    import typer

    for path in paths:
        typer.launch(path)


def resume(*, as_json: bool) -> int:
    """Go on with the request that was stopped last; its finished tasks are not run again."""
    return run_until_stopped(_resume(as_json=as_json), how_to_resume)


async def _resume(*, as_json: bool) -> int:
    async with saver() as checkpointer:
        graph = compiled(checkpointer)
        for thread in await newest(checkpointer):
            snapshot = await graph.aget_state({"configurable": {"thread_id": thread}})
            if snapshot.next:
                return await _again(thread, snapshot, as_json=as_json).turn(graph, None, snapshot.values.get("plan"))
    raise InputError(f"Nothing to resume in {settings().out}: every request has ended. --out names another folder.")


def _again(thread: str, snapshot: StateSnapshot, *, as_json: bool) -> Ask:
    kept: Any = snapshot.metadata or {}
    override(folders=json.loads(kept.get("folders", "null")))
    return Ask(Context.model_validate_json(kept.get("options", "{}")), as_json, thread=thread)


def listed(limit: int) -> list[tuple[str, str]]:
    """(thread, the first words said in it) of the conversations in the folder of results, the latest first."""
    return asyncio.run(_listed(limit))


async def _listed(limit: int) -> list[tuple[str, str]]:
    async with saver() as checkpointer:
        graph, conversations = compiled(checkpointer), list[tuple[str, str]]()
        for thread in await newest(checkpointer, limit):
            snapshot = await graph.aget_state({"configurable": {"thread_id": thread}})
            said = next((turn.text for turn in snapshot.values.get("messages", []) if turn.type == "human"), "")
            conversations.append((thread, " ".join(said.split())[:60]))
    return conversations


def how_to_resume() -> str:
    """What to type after Ctrl-C."""
    out = settings().out
    option = "" if out == Path("outputs") else f" --out {shlex.quote(str(out))}"
    return f"Stopped. Finished tasks are kept; go on with: hugginggpt resume{option}"
