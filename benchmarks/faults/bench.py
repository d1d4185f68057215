"""A request that a fault befalls, and what is seen of it: by the real clients, against stand-ins on loopback."""

import io
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.checkpoints import saver
from app.cli.ask import message
from app.cli.show import Quiet
from app.run import run
from benchmarks.support.faulty import Faulty
from benchmarks.support.misbehaviour import PORTAL, Good
from graph import compiled
from graph.context import Context
from graph.state import Result
from tools.errors import HuggingGPTError
from tools.settings import override, overrides, process_settings

ASKED = (
    'Fill in the blank in "Alpha [MASK]" and write on from the result; translate "Beta" and summarise the translation.'
)
PLAN = """{"tasks": [{"fill-mask": {"text": "Alpha [MASK]"}}, {"translation": {"text": "Beta"}},
 {"summarization": {"text": "<r1>"}}, {"text-generation": {"text": "<r0>"}}]}"""
PAINT = 'Paint "Alpha"; translate "Beta" and sum that up.'
PAINTED = """{"tasks": [{"text-to-image": {"text": "Alpha"}}, {"translation": {"text": "Beta"}},
 {"summarization": {"text": "<r1>"}}]}"""
READ = 'Rewrite words.txt; translate "Beta" and sum that up.'
READING = """{"tasks": [{"text2text-generation": {"text": "words.txt"}}, {"translation": {"text": "Beta"}},
 {"summarization": {"text": "<r1>"}}]}"""
WORDS = "It was a fine day at the harbour."
RIGHT = {  # what each task says where all is well: it names its own input, and so a wrong binding shows
    "fill-mask": {"fill-mask(Alpha [MASK])"},
    "text-generation": {"text-generation(fill-mask(Alpha [MASK]))"},
    "translation": {"translation(Beta)"},
    "summarization": {"summarization(translation(Beta))"},
    "text2text-generation": {f"text2text-generation({WORDS})", f"text2text-generation({PORTAL.decode()})"},
    "text-to-image": {"8x6 pixels"},
    "text-classification": {"negative", "neutral", "positive"},
}
TASKS = tuple(RIGHT)  # the first is the one that a fault befalls
UNTOUCHED = frozenset({1, 2})  # what it has nothing to do with
TRACE = re.compile(r"Traceback \(most recent|^\s+File \".*\", line \d+|never retrieved", re.M)
LIMITS = {"llm_silence": 3.0, "llm_timeout": 5.0, "endpoint_timeout": 3.0, "fetch_timeout": 3.0}  # in seconds


@dataclass
class Seen:
    """What became of a request: its results, its answer or its error, and what was logged meanwhile."""

    results: list[Result] = field(default_factory=list)
    answer: str = ""
    log: str = ""
    kept: dict[int, str] | None = None  # the status of every result, as a later process reads it; if it was promised
    bug: str = ""  # an error that is none of ours

    @property
    def done(self) -> dict[int, Result]:
        """The finished results, by id."""
        return {result.id: result for result in self.results if result.status == "done"}

    @property
    def words(self) -> str:
        """The answer, and why tasks failed."""
        return " | ".join([*(f"{result.task}: {result.error}" for result in self.results if result.error), self.answer])


Befall = Callable[["Bench"], Awaitable[Seen]]


@dataclass(frozen=True)
class Row:
    """One fault in one stage. ``says`` is an expression that what is told matches; ``done`` are tasks that must be.

    ``limit`` is in seconds. A ``quick`` row is run with every change, the others nightly.
    """

    stage: str
    fault: str
    says: str
    befall: Befall
    done: frozenset[int] = frozenset()
    quick: bool = False
    limit: float = 30.0

    def judge(self, seen: Seen) -> list[str]:
        """What is not as it must be."""
        wrong = [f"a bug: {seen.bug}"] * bool(seen.bug)
        wrong += ["a stack trace"] * bool(TRACE.search(seen.answer + seen.log))
        wrong += [f"lost: task {id_}" for id_ in sorted(self.done - seen.done.keys())]
        wrong += [
            f"lost later: task {id_}" for id_ in seen.done if seen.kept is not None and seen.kept.get(id_) != "done"
        ]
        wrong += [
            f"wrong binding: task {id_} says {str(result.text)[:60]}"
            for id_, result in seen.done.items()
            if result.text not in RIGHT[result.task]
        ]
        return wrong + ["not told"] * (not re.search(self.says, seen.words, re.S))


@dataclass
class Bench:
    """A folder of its own and the stand-ins, for one row."""

    folder: Path
    server: Faulty
    keep: Callable[[], AbstractAsyncContextManager[Any]] = saver  # what keeps conversations

    def endpoints(self, *more: str, without: str = "") -> None:
        """Make the endpoints those of this process, before all others; with more entries, or without some task's."""
        entries = [(task, f"{self.server.url}/models/{task}") for task in TASKS if task != without]
        rows = [f'[[models]]\ntask = "{task}"\nmodel = "{model}"\nprefer = true' for task, model in entries]
        file = self.folder / "models.toml"
        file.write_text("\n".join([*rows, *more]), encoding="utf-8")
        override(models=file)

    @property
    def spare(self) -> str:
        """An entry for a second endpoint that does what the first task asks for."""
        return f'[[models]]\ntask = "{TASKS[0]}"\nmodel = "{self.server.url}/models/spare-{TASKS[0]}"'

    async def ask(self, asked: str = ASKED, *files: str, thread: str = "one", **options: Any) -> Seen:  # noqa: ANN401 - the run's options
        """One request as the command line makes it, and what a later process finds of it."""
        seen, log = Seen(), io.StringIO()
        config: Any = {"configurable": {"thread_id": thread}}
        with logged(log):
            try:
                given = await message(asked, list(files))
                async with self.keep() as checkpoints:
                    context = Context(**{"llm": "openai:stand-in", "mode": "endpoint", "cache": False, **options})
                    report = await run(compiled(checkpoints), given, context, config, Quiet())
                seen.results, seen.answer = report.results, report.answer
                if not report.lost:
                    seen.kept = await self.kept(config)
            except HuggingGPTError as error:
                seen.answer = f"{type(error).__name__}: {error}"
            except Exception as error:  # noqa: BLE001 - that is what is measured
                seen.bug = f"{type(error).__name__}: {error}"
        seen.log = log.getvalue()
        return seen

    async def kept(self, config: Any) -> dict[int, str]:  # noqa: ANN401 - a RunnableConfig
        """What a later process finds of a conversation: the status of every result."""
        async with self.keep() as checkpoints:
            values = (await compiled(checkpoints).aget_state(config)).values
        return {result.id: result.status for result in values.get("results") or []}


@contextmanager
def logged(log: io.StringIO) -> Iterator[None]:
    """Write down what goes to any logger or to stderr meanwhile."""
    handler, root = logging.StreamHandler(log), logging.getLogger()
    root.addHandler(handler)
    try:
        with redirect_stderr(log):
            yield
    finally:
        root.removeHandler(handler)


@contextmanager
def place(folder: Path, server: Faulty) -> Iterator[Bench]:
    """A bench whose settings are those of this process meanwhile."""
    before, bench = dict(overrides), Bench(folder, server)
    folders = {"out": folder / "out", "cache_folder": folder / "cache", "folders": [folder]}
    override(base_url=f"{server.url}/v1", catalogue_age=0, **folders, **LIMITS)
    bench.endpoints()
    try:
        yield bench
    finally:
        overrides.clear()
        overrides.update(before)
        process_settings.cache_clear()


PAGES = {"words.txt": Good("text/plain", WORDS.encode())}
