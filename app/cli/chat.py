"""A conversation on the command line, by terminal or by pipe."""

import asyncio
import contextlib
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from rich.console import Console
from rich.text import Text

from app.checkpoints import new_thread, saver
from app.cli.ask import Ask, message
from app.cli.ctrl_c import run_until_stopped
from graph import compiled
from graph.context import Context
from graph.conversation import seen
from graph.state import State
from tools.errors import HuggingGPTError

Value = TypeVar("Value")
HELP = """/files  what can be referred to: files you gave and files that were made
/new    start a new conversation
/help   this list
/quit   leave (so do quit, exit and Ctrl-D)
1, 2 .. picks what an answer offers
Anything else is a request; name files by their paths."""
LEAVE = {"/quit", "/exit", "quit", "exit"}


@dataclass
class Chat:
    """A conversation that outlives the process."""

    context: Context
    thread: str
    inputs: list[str]
    out: Console = field(default_factory=lambda: Console(highlight=False))
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    choices: list[str] = field(default_factory=list)  # what the last answer offered, by number

    def talk(self) -> int:
        """Talk until the input ends."""
        if sys.stdin.isatty():
            self.out.print(Text("Say what you want; /help lists commands.", style="dim"))
        with self.runner:
            while (line := _read()) is not None and line.casefold() not in LEAVE:
                self._answer(line)
        self.out.print(Text(self._how_to_go_on(), style="dim"))
        return 0

    def _answer(self, line: str) -> None:
        match line:
            case "":
                pass
            case "/new":
                self.thread, self.inputs = new_thread(), []
                self.out.print("A new conversation.")
            case "/files":
                self.out.print(Text("\n".join([*self._run(self._files()), *self.inputs]) or "No files yet."))
            case _ if line.isdecimal() and 0 < int(line) <= len(self.choices):
                self._answer(self.choices[int(line) - 1])
            case _ if line.startswith("/") and " " not in line and "/" not in line[1:]:
                self.out.print(Text(HELP))
            case _:
                self._run(self._turn(line))

    async def _turn(self, line: str) -> None:
        try:
            given, self.inputs = await message(line, self.inputs), []
            async with saver() as checkpointer:
                asked = Ask(self.context, thread=self.thread)
                await asked.turn(compiled(checkpointer), given)
                self.choices = asked.choices
            for number, choice in enumerate(self.choices, 1):
                self.out.print(Text(f"  {number}  {choice}", style="cyan"))
        except HuggingGPTError as error:  # the next turn may be better
            Console(stderr=True, highlight=False).print(Text(str(error), style="red"))

    async def _files(self) -> list[str]:
        async with saver() as checkpointer:
            snapshot = await compiled(checkpointer).aget_state({"configurable": {"thread_id": self.thread}})
        return seen(cast("State", snapshot.values)) if snapshot.values else []

    def _run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return run_until_stopped(work, lambda: f"Stopped. {self._how_to_go_on()}", self.runner)

    def _how_to_go_on(self) -> str:
        return f"Go on with: hugginggpt chat --thread {self.thread}"


def _read() -> str | None:
    """The next line, or None at the end of input."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.strip() if line else None
    with contextlib.suppress(ImportError):  # not on Windows
        import readline  # noqa: F401 - gives input() its history and editing
    try:
        return input("\n> ").strip()
    except (EOFError, KeyboardInterrupt):
        return None
