"""How one task gets done: slot, timeout, retries while they can help, then the next candidate, then a failure."""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langgraph.errors import GraphBubbleUp
from langgraph.types import StreamWriter
from upath import UPath

from graph import cache
from graph.events import Clock, Reporter
from graph.slots import device
from graph.state import Choice, Job, Result, Status
from tools import progress
from tools.errors import HuggingGPTError, ModelError, ModelTimeout
from tools.occupied import collect
from tools.settings import settings
from tools.tasks import TASKS
from tools.toolbox import TOOLS

RETRIES = 2  # further calls of one model after a transient error
LONGEST_WAIT = 30.0  # seconds before a retry, whatever the server asks for
PREVIEW = 200  # characters of a text that its event carries

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Scope:
    """What all tasks of one request share. ``aside`` runs what nobody need wait for; ``timeout`` is in seconds."""

    write: StreamWriter
    aside: Callable[[Coroutine[Any, Any, None]], object]
    timeout: float
    reuse: bool  # earlier results of deterministic tasks
    owner: str = ""  # whose request it is
    clock: Clock = field(default_factory=Clock)


class Attempts:
    """The way of one task through its candidates; where devices are scarce, those of high ``priority`` go first."""

    def __init__(self, scope: Scope, job: Job, priority: float) -> None:
        self.scope, self.job, self.priority = scope, job, priority
        self.report = Reporter(job.id, job.task, scope.write, scope.clock)
        self.queued: float | None = None
        self.started: float | None = None
        self.began: float | None = None  # the attempt that counted, where ``started`` is the first
        self.count = 0

    def queue(self) -> None:
        """Note that the inputs are ready."""
        self.queued = self.report("queued")

    async def run(self, inputs: dict[str, Any]) -> Result:
        """Try the candidates in order until one gives a result. Raises nothing a model or a user caused."""
        reason = "No model can run it here."
        for turn, choice in enumerate(self.job.choices):
            if turn:
                self.report("fallback", model=choice.model, backend=choice.backend, reason=reason)
            try:
                return await self._insist(choice, inputs)
            except ModelError as error:
                reason = str(error)
            except HuggingGPTError as error:  # the input or the machine is at fault: no other model can help
                reason = str(error)
                break
        return self.failed(reason)

    def failed(self, reason: str) -> Result:
        """The result of a task that nothing could do."""
        return self._result("failed", error=reason)

    def skipped(self, reason: str) -> Result:
        """The result of a task whose inputs will never come."""
        return self._result("skipped", error=reason)

    async def tell(self, result: Result) -> None:
        """Say that the task has ended, and how. Only once the result is on record."""
        if result.status != "done" or result.choice is None or result.ended is None:
            self.report("skipped" if result.status == "skipped" else "failed", reason=result.error)
            return
        size = await asyncio.to_thread(_weigh, result.files) if result.files else 0
        seconds = result.ended - (self.began or result.started or result.ended)
        shown = {"text": result.text and result.text[:PREVIEW], "files": result.files, "bytes": size}
        self.report("finished", seconds=seconds, **shown, **_facts(result.choice))

    async def _insist(self, choice: Choice, inputs: dict[str, Any]) -> Result:
        """One candidate, again while its errors are transient."""
        for retry in range(RETRIES + 1):
            try:
                return await self._attempt(choice, inputs)
            except ModelError as error:
                if error.retry_after is None or retry == RETRIES:
                    raise
                delay = min(LONGEST_WAIT, error.retry_after * 2**retry * random.uniform(1, 1.25))  # noqa: S311 - jitter
                self.report("retry", model=choice.model, backend=choice.backend, delay=delay, reason=str(error))
            await asyncio.sleep(delay)
        raise AssertionError("the last retry returns or raises")

    async def _attempt(self, choice: Choice, inputs: dict[str, Any]) -> Result:
        facts = _facts(choice)
        key = await cache.key(self.job.task, choice, inputs) if self.scope.reuse else None
        if key and (made := await cache.recall(key)):
            self.started = self.began = self.report("cached", **facts)
            return self._result("done", choice=choice, cached=True, **made)
        ready = self.report.now()
        async with device(facts["device"]).slot(self.scope, self.priority, self.scope.owner, film=self._film) as work:
            collect(work)
            self.count += 1
            self.began = self.report("started", waited=self.report.now() - ready, **facts)
            self.started = self.started or self.began
            artifact = await self._call(choice, inputs, facts)
        choice = choice.model_copy(update={"revision": artifact["revision"]})  # which may be known since the call alone
        made = {name: artifact[name] for name in ("text", "data", "files", "whole", "more")}
        if key:
            self.scope.aside(cache.remember(key, made))
        return self._result("done", choice=choice, **made)

    async def _call(self, choice: Choice, inputs: dict[str, Any], facts: Mapping[str, str]) -> dict[str, Any]:
        """Call the tool, and leave it behind when its time is up, whether it heeds cancellation or not."""
        progress.listener.set(self._step)
        args = {**inputs, "model": choice.model, "backend": choice.backend}
        call = {"type": "tool_call", "id": f"{self.job.task}#{self.job.id}", "name": self.job.task, "args": args}
        running = asyncio.create_task(TOOLS[self.job.task].ainvoke(call, {"metadata": dict(facts)}))
        running.add_done_callback(_heed)
        try:
            await asyncio.wait([running], timeout=self._limit)
            if not running.done():
                raise ModelTimeout(f"{choice.model} took longer than {self._limit:g} s.")
            return _artifact(running, choice)
        finally:
            running.cancel()

    @property
    def _limit(self) -> float:
        """Seconds one call may take; films take their time."""
        return max(self.scope.timeout, settings().film_timeout) if self._film else self.scope.timeout

    @property
    def _film(self) -> bool:
        return "video" in TASKS[self.job.task].outputs

    def _step(self, step: int, steps: int) -> None:
        self.report("step", step=step, steps=steps)

    def _result(self, status: Status, **facts: object) -> Result:
        return Result(
            id=self.job.id,
            task=self.job.task,
            status=status,
            attempts=self.count,
            queued=self.queued,
            started=self.started,
            ended=self.report.now(),
            **facts,
        )


def _facts(choice: Choice) -> dict[str, str]:
    return {"model": choice.model, "backend": choice.backend, "device": choice.device}


def _heed(running: asyncio.Task[Any]) -> None:
    """Look at the outcome of a call that may have been left behind, so that asyncio does not complain."""
    if not running.cancelled():
        running.exception()


def _artifact(running: asyncio.Task[Any], choice: Choice) -> dict[str, Any]:
    if running.cancelled():
        raise ModelError(f"{choice.model} was stopped from outside.")
    error = running.exception()
    if error is None:
        return dict(running.result().artifact)
    if isinstance(error, HuggingGPTError | GraphBubbleUp) or not isinstance(error, Exception):
        raise error
    log.error("%s raised unexpectedly", choice.model, exc_info=error)
    said = str(error).partition("\n")[0][:300]
    raise ModelError(f"{choice.model} failed: {type(error).__name__}: {said}") from error


def _weigh(files: Sequence[str]) -> int:
    """The size of the files that are still there, in bytes. Looks at the disk."""
    return sum(path.stat().st_size for path in map(UPath, files) if path.is_file())
