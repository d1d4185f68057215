"""Tasks that run while their plan is still being written.

A task begins once it is written, valid and its model certain, and nothing can be regretted: it has no effects outside,
nobody is to be asked about it, and, unless the run allows it, it costs nothing. Where it does, the controller is asked
for models meanwhile. What the finished plan does not contain is cancelled. Nothing is told or recorded of a task before
it is handed over: to a resumed run it has never been.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from graph.binding import bound
from graph.choosing import Choosing, Wish
from graph.context import Context, options, owner
from graph.conversation import Request
from graph.estimates import costs
from graph.handover import Begun, Handover, Signature, signatures
from graph.planning.dialects import Written
from graph.planning.steps import needs_of, number
from graph.planning.validation import check
from graph.policy import Attempts, Scope
from graph.selector import ask, certain, fitting, job
from graph.state import Job, Result, Task
from tools.errors import BadOutput
from tools.models.catalog import candidates
from tools.protocol import Candidate
from tools.tasks import TASKS, TaskType

MOST = 64  # written tasks that are looked at: each time all so far are numbered


class Early(Handover):
    """The tasks of one request that begin before their plan is finished."""

    def __init__(self, runtime: Runtime[Context], types: Mapping[str, TaskType], model: BaseChatModel) -> None:
        super().__init__(runtime)
        self._model = model
        self._context, self._types, self._known_run = options(runtime), types, runtime.control is not None
        self._request: Request | None = None
        self._written: list[Written] = []
        self._looked_at = 0  # how many of them
        self._lookups: dict[str, asyncio.Future[list[Candidate]]] = {}
        self._aside: set[asyncio.Future[Any]] = set()

    def expect(self, request: Request) -> None:
        """Begin with what is written as soon as the files of the request are there."""
        if self._known_run and self._context.early != "never" and self._context.approve_plan != "always":
            self.choosing = Choosing(self._choose) if self._context.early == "all" else None
            self._later(self._arrive(request))

    def hear(self, number: int, task: Written) -> None:
        """Take a task the moment it is written; number 0 begins a plan anew."""
        self._written, self._looked_at = ([*self._written, task], self._looked_at) if number else ([task], 0)
        self._consider()

    async def _arrive(self, request: Request) -> None:
        self._request = await request.whole()
        self._consider()

    def _consider(self) -> None:
        """Begin what is new of all that has been written so far, each if it is valid with what it needs."""
        if self._request is None or not 0 < len(self._written) <= MOST:
            return
        numbered = number(self._written)
        for id_ in list(numbered)[self._looked_at :]:
            self._begin_valid(check(_closure(id_, numbered), self._request.files, self._types).tasks)
        self._looked_at = len(numbered)

    def _begin_valid(self, tasks: Sequence[Task]) -> None:
        known = signatures(tasks)
        for task in tasks:
            needs = {needed: self.begun[known[needed]] for needed in task.dep if known[needed] in self.begun}
            if known[task.id] not in self.begun and len(needs) == len(task.dep) and not TASKS[task.task].effects:
                self._begin(task, known[task.id], needs)

    def _begin(self, task: Task, signature: Signature, needs: Mapping[int, Begun]) -> None:
        begun = self.begun[signature] = Begun()
        begun.running = self._later(self._run(task, signature, begun, needs))

    async def _run(self, task: Task, signature: Signature, begun: Begun, needs: Mapping[int, Begun]) -> Result | None:
        """Do the task, where its model is certain and all it needs was done early, too."""
        sure = await self._sure(task, signature)
        affordable = sure and self._affordable(sure)
        if needs:
            await asyncio.wait([needed.running for needed in needs.values()])
        results = {id_: needed.made for id_, needed in needs.items()}
        done = {id_: result for id_, result in results.items() if result and result.status == "done"}
        if affordable is None or len(done) < len(needs):
            return None
        result = await self._attempt(task, affordable, begun, done)
        return result if result and (result.status == "done" or affordable == sure) else None

    async def _sure(self, task: Task, signature: Signature) -> Job | None:
        """The models of a task, where they are certain or the controller can be asked for them in time."""
        usable = fitting(task, await self._candidates(task.task), self._text)
        if usable and certain(usable, self._context):
            return job(task, usable)
        wish = await self.choosing.wish(signature, task, usable) if usable and self.choosing else None
        return job(task, usable, wish) if wish else None

    async def _candidates(self, type_: str) -> list[Candidate]:
        """The candidates for a task type, looked up once."""
        if type_ not in self._lookups:
            looking = asyncio.to_thread(candidates, TASKS[type_], self._context.mode)
            self._lookups[type_] = self._later(looking)
        await asyncio.wait([self._lookups[type_]])  # cancelling a task must not cancel what others wait for, too
        return self._lookups[type_].result()

    async def _choose(self, tasks: Sequence[Task], usable: Mapping[int, Sequence[Candidate]]) -> Mapping[int, Wish]:
        return await ask(self._text, self._model, self._context, tasks, usable)

    @property
    def _text(self) -> str:
        return self._request.text if self._request else ""

    async def _attempt(self, task: Task, job: Job, begun: Begun, done: Mapping[int, Result]) -> Result | None:
        scope = Scope(begun.relay, self._later, self._context.task_timeout, self._context.cache, owner())
        attempts = Attempts(scope, job, 1.0)
        attempts.queue()
        try:
            inputs = await bound(task, done)
        except BadOutput:
            return None
        return await attempts.run(inputs)

    def _affordable(self, job: Job) -> Job | None:
        """The job on models that cost nothing, unless the run allows others; None if the chosen one is not allowed."""
        if self._context.early == "all" and self._context.approve_plan != "cost":
            return job
        free = [choice for choice in job.choices if not costs(choice)]
        return job.model_copy(update={"choices": free}) if free and free[0] == job.choices[0] else None

    def _later(self, work: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        running = asyncio.create_task(work)
        self._aside.add(running)
        running.add_done_callback(self._ended)
        return running

    def _ended(self, running: asyncio.Future[Any]) -> None:
        """Look at the outcome of what may have been dropped, so that asyncio does not complain."""
        self._aside.discard(running)
        if not running.cancelled():
            running.exception()


def _closure(id_: int, numbered: Mapping[int, Written]) -> list[Written]:
    """A task with all that it needs, directly or not, in the order in which they were written."""
    reached, open_ = set[int](), {id_}
    while open_:
        reached |= open_
        open_ = {need for task_id in open_ for need in needs_of(numbered[task_id]) if need in numbered} - reached
    return [replace(numbered[task_id], id=task_id) for task_id in numbered if task_id in reached]
