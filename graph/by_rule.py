"""The plan without a language model: what the conversation means, the plan, and advice where nothing can run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph import advice, instructions, manner, offline
from graph.conversation import Request
from graph.offline import replies
from graph.planning.draft import Draft
from graph.planning.partial import valid_part
from graph.planning.validation import as_written, question
from graph.recall import recalled
from graph.state import Task
from graph.words import say
from tools import extras
from tools.errors import PlanError
from tools.tasks import TASKS, TaskType

_REMEMBERED = 3  # earlier messages in which the plan is looked for that "the same" speaks of


def drafted(request: Request, types: Mapping[str, TaskType]) -> Draft:
    """The plan of a request over the offered task types, checked; or the one question, advice or small talk.

    Raises:
        PlanError: what was understood cannot be planned.
    """
    said = [message.text for message in request.history if message.type == "human"][-_REMEMBERED:]
    before = request.done or _before(said, request, types)
    if said and (reply := recalled(request.text, request.history, before)):
        return Draft(refusal=reply, exit_code=0)
    if said and (choice := _picked(request, said[-1], types)):
        return _finished(planned(said[-1], request, types, picked=choice), said[-1], request, types)
    answers = bool(said) and not request.text.strip() and not request.done  # a file without a word, to our question
    text = said[-1] if answers else request.text
    return _finished(planned(text, request, types, before=before), text, request, types)


def planned(
    text: str, request: Request, types: Mapping[str, TaskType], *, before: Sequence[Task] = (), picked: str = ""
) -> Draft:
    """What is planned over these task types, whatever can run here; ``before`` and ``picked`` as of offline.plan."""
    draft = offline.plan(text, request.given, types, previous=request.previous, before=before, picked=picked)
    if picked or any(task.task in extras.entries() for task in draft.tasks):
        return replace(draft, tasks=instructions.own_first(draft.tasks, types))
    if direct := instructions.followed(text, request.given, types):
        return Draft(tasks=direct)
    return replace(draft, tasks=[*draft.tasks, *instructions.forgotten(draft.tasks, text, request.given, types)])


def _finished(draft: Draft, text: str, request: Request, types: Mapping[str, TaskType]) -> Draft:
    """The plan with the manner that was asked for, checked; or what is said where nothing can be run."""
    if advised := _advised(draft, text, request, types):
        return advised
    tasks, notes = manner.filled(instructions.whole(draft.tasks, text), text)
    checked = valid_part(as_written(tasks), request.files, types)
    notes = [*draft.notes, *notes, *checked.notes]
    if checked.problems:
        raise PlanError(replies.unplanned(checked.problems))
    return Draft(question=question(*checked.missing) if checked.missing else None, tasks=checked.tasks, notes=notes)


def _picked(request: Request, asked: str, types: Mapping[str, TaskType]) -> str:
    """The choice that this message makes, by its number or its words, where we asked what ``asked`` means."""
    last = next((message for message in reversed(request.history) if message.type == "ai"), None)
    listed = last.response_metadata.get("choices", []) if last else []
    answer = request.text.strip(" .)#").lower()
    numbers = {str(number): text for number, text in enumerate(listed, 1)}
    choice = (numbers | {text.lower(): text for text in listed}).get(answer, "")
    if not choice:
        return ""
    again = offline.plan(asked, request.given, types, previous=request.previous, picked=choice)
    return choice if again.tasks else ""


def _advised(draft: Draft, text: str, request: Request, types: Mapping[str, TaskType]) -> Draft | None:
    """What is said where nothing can be run, with what could be done instead; None where there is a plan to run."""
    files = request.given or request.previous
    if draft.question:
        return replace(draft, choices=draft.choices or ([] if text.strip() else advice.choices(request.given, types)))
    if draft.tasks:
        said = advice.undescribed(draft.tasks, text, files, types) or advice.unchanged(draft.tasks, files, types)
        return Draft(refusal=said.text, choices=said.choices) if said else None
    if draft.small_talk:
        return _greeted(draft, files, types)
    wider = offline.plan(text, request.given, TASKS, previous=request.previous).tasks
    beyond = [TASKS[name] for name in [draft.beyond, *(task.task for task in wider)] if name and name not in types]
    said = advice.missing(beyond, text, files, types) or advice.unclear(files, types)
    return replace(draft, refusal=said.text, notes=[], choices=said.choices)


def _greeted(draft: Draft, files: Sequence[str], types: Mapping[str, TaskType]) -> Draft:
    """Small talk; a greeting is followed by what can be done here."""
    if draft.refusal != say(replies.HELLO):
        return draft
    said = advice.greeting(files, types)
    return replace(draft, refusal=f"{say(replies.HELLO)} {said.text}", choices=said.choices)


def _before(said: Sequence[str], request: Request, types: Mapping[str, TaskType]) -> list[Task]:
    """The last plan that the conversation led to, made again: some clients keep no state, some turns have no plan."""
    drafts = (offline.plan(text, [], types, previous=request.resources) for text in reversed(said))
    return next((draft.tasks for draft in drafts if draft.tasks), [])
