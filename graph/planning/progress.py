"""What a plan came to before one of its tasks failed, as its writer is told it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

import prompts
from graph.answer import shorten
from graph.planning.dialects import Written
from graph.planning.prompting import compact
from graph.planning.validation import as_written
from graph.state import Plan, Result, Task

_REASON = 300  # characters of an error that are told


@dataclass(frozen=True)
class Progress:
    """A plan that ran in part, and the results; of these the model is told what they are, never what they say."""

    plan: Plan
    results: Sequence[Result]

    @property
    def done(self) -> list[Result]:
        """The results that stay."""
        return [result for result in self.results if result.status == "done"]

    @property
    def first(self) -> int:
        """The number from which new tasks count."""
        return max((task.id for task in self.plan.tasks), default=-1) + 1

    def messages(self) -> list[BaseMessage]:
        """The plan as it was written, and what became of it."""
        account = prompts.render("replan", results="\n".join(map(_line, self.results)), first=str(self.first))
        return [AIMessage(compact({"tasks": [_as_asked(task) for task in self.plan.tasks]})), HumanMessage(account)]

    def joined(self, rest: Sequence[Written]) -> list[Written]:
        """The tasks that are done and, after them, the new ones, which count on."""
        done = {result.id for result in self.done}
        return [*as_written([task for task in self.plan.tasks if task.id in done]), *self._counted(rest)]

    def notes(self) -> list[str]:
        """What failed, for the user."""
        failed = [result for result in self.results if result.status == "failed"]
        return [
            f"{result.task} (task {result.id}) failed ({result.error}), so the rest was planned anew."
            for result in failed
        ]

    def _counted(self, rest: Sequence[Written]) -> Iterator[Written]:
        for place, task in enumerate(rest):
            usable = task.id is not None and task.id >= self.first
            yield task if usable else replace(task, id=self.first + place)


def _line(result: Result) -> str:
    made = "a text" if result.text else "data" if result.data is not None else ""
    what = " and ".join(filter(None, [made, f"{len(result.files)} files" if result.files else ""]))
    reason = f": {shorten(result.error, _REASON)}" if result.error else f", and made {what}" if what else ""
    return f"- Task {result.id} ({result.task}) {'was ' if result.status != 'failed' else ''}{result.status}{reason}"


def _as_asked(task: Task) -> dict[str, object]:
    return {"id": task.id, "task": task.task, "args": task.args, "after": task.dep}
