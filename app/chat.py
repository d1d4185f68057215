"""A conversation on the command line, by terminal or by pipe."""

import sys
import uuid
from dataclasses import dataclass, field
from typing import cast

from rich.console import Console
from rich.text import Text

from app.ask import Ask, durable, how_to_resume, message
from app.interrupt import run_until_stopped
from app.run import Graph
from app.threads import saver
from graph.context import Context
from graph.conversation import seen
from graph.state import State
from tools.errors import HuggingGPTError

HELP = """/files  what can be referred to: files you gave and files that were made
/new    start a new conversation
/help   this list
/quit   leave (so does Ctrl-D)
Anything else is a request; name files by their paths."""


@dataclass
class Chat:
    """A conversation that outlives the process."""

    context: Context
    thread: str | None = None
    inputs: list[str] = field(default_factory=list)
    out: Console = field(default_factory=lambda: Console(highlight=False))

    def run(self) -> int:
        """Talk until the input ends."""
        self.thread = self.thread or uuid.uuid4().hex
        return run_until_stopped(self._talk(), how_to_resume)

    async def _talk(self) -> int:
        async with saver() as threads:
            graph = durable(threads)
            while (line := _read()) is not None and line != "/quit":
                if line.startswith("/"):
                    await self._command(line, graph)
                elif line:
                    await self._turn(line, graph)
        self.out.print(Text(f"Go on with: hugginggpt chat --thread {self.thread}", style="dim"))
        return 0

    async def _turn(self, line: str, graph: Graph) -> None:
        try:
            given, self.inputs = await message(line, self.inputs), []
            await Ask(self.context, thread=self.thread or "").turn(graph, given)
        except HuggingGPTError as error:  # the next turn may be better
            Console(stderr=True).print(Text(str(error), style="red"))

    async def _command(self, line: str, graph: Graph) -> None:
        match line:
            case "/new":
                self.thread, self.inputs = uuid.uuid4().hex, []
                self.out.print("A new conversation.")
            case "/files":
                values = (await graph.aget_state({"configurable": {"thread_id": self.thread or ""}})).values
                names = [*(seen(cast("State", values)) if values else []), *self.inputs]
                self.out.print(Text("\n".join(names) or "No files yet."))
            case _:
                self.out.print(Text(HELP))


def _read() -> str | None:
    """The next line, or None at the end of input."""
    if sys.stdin.isatty():
        import readline  # noqa: F401 - gives input() its history and editing

        try:
            return input("\n> ").strip()
        except EOFError:
            return None
    line = sys.stdin.readline()
    return line.strip() if line else None
