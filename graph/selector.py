"""Stage 2: a model for every task."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langgraph.runtime import Runtime

import prompts
from graph.calling import write_json
from graph.chat_models import resolve
from graph.choosing import Wish
from graph.context import Context, controller, options
from graph.handover import handed
from graph.planning.loose_json import find
from graph.planning.reply import MAX_CHARACTERS
from graph.state import Choice, Job, Plan, State, Task
from graph.warmup import WarmUp
from tools.errors import ModelError
from tools.languages import code
from tools.models.catalog import candidates, fitness, suits
from tools.protocol import Candidate
from tools.tasks import TASKS

SCHEMA: dict[str, Any] = {
    "title": "select",
    "description": "A model for each task.",
    "type": "object",
    "properties": {"choices": {"type": "array", "items": {"type": "object"}}},
    "required": ["choices"],
}
# What speaks of the words in a picture rather than of the picture
READING = re.compile(
    r"\b(?:read|ocr|printed|written|says?|texts?|notice|sign|letters?|transcribe"
    r"|lesen|lies|steht|geschrieben|gedruckt|lire|lis|textes?|écrite?|imprimée?|leer|lee|textos?|escrit[oa]|impres[oa])\b"
    r"|[文写读字]",
    re.I,
)
_CODE = re.compile(r"\b(?:qr|bar) ?-?codes?\b", re.I)
_DESCRIBED = 160  # characters of a candidate's description


async def select(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Choose a model and its fallbacks for every task of the plan.

    Raises:
        ConfigError: the controller named by the run is not there.
    """
    with handed(runtime) as early:
        tasks = (state.get("plan") or Plan()).tasks
        wishes = await early.chosen(tasks) if early else {}
        return {"jobs": await _jobs(state, tasks, options(runtime), wishes)}


async def _jobs(state: State, tasks: Sequence[Task], context: Context, early: Mapping[int, Wish]) -> list[Job]:
    model = await controller(context, failed=state.get("by_rule", False))
    ranked = await asyncio.to_thread(_suited, tasks, context, state.get("request", ""))
    chosen = {**early, **{int(id_): (name, "chosen by hand") for id_, name in state.get("wished", {}).items()}}
    open_ = [task for task in tasks if task.id not in chosen and not certain(ranked[task.id], context)]
    wishes: Mapping[int, Wish] = {}
    if model is not None and open_:
        with WarmUp() as warm:  # the best by rank is the likely choice
            for task in open_:
                warm.begin(task.id, partial(ranked.__getitem__, task.id))
            wishes = await ask(state.get("request", ""), model, context, open_, ranked)
            warm.keep(task.id for task in open_ if _wished(wishes, task) in {"", ranked[task.id][0].model})
    wishes = {**wishes, **chosen}
    return [job(task, ranked[task.id], wishes.get(task.id)) for task in tasks]


def certain(suited: Sequence[Candidate], context: Context) -> bool:
    """Whether it is not for a language model to choose among the candidates."""
    return len(suited) < 2 or context.select == "rank"


def permitted(jobs: Sequence[Job]) -> list[Job]:
    """The jobs with those of their choices that are candidates: a server's clients may edit a conversation's state."""
    return [job.model_copy(update={"choices": _candidates_of(job)}) for job in jobs]


def _candidates_of(job: Job) -> list[Choice]:
    possible = candidates(TASKS[job.task]) if job.task in TASKS else []
    known = {(candidate.model, candidate.backend, candidate.device) for candidate in possible}
    return [choice for choice in job.choices if (choice.model, choice.backend, choice.device) in known]


def _wished(wishes: Mapping[int, Wish], task: Task) -> str:
    return wishes.get(task.id, ("", ""))[0]


def _suited(tasks: Sequence[Task], context: Context, request: str) -> dict[int, list[Candidate]]:
    known = {name: candidates(TASKS[name], context.mode) for name in {task.task for task in tasks}}
    return {task.id: fitting(task, known[task.task], request) for task in tasks}


def fitting(task: Task, known: Sequence[Candidate], request: str = "") -> list[Candidate]:
    """The candidates that suit what the task asks for: aspect and language, where a candidate tells, and reading."""
    suited = [candidate for candidate in known if suits(candidate, task.args)]
    language = code(str(task.args.get("language") or ""))
    speaking = [
        candidate for candidate in suited if not language or not candidate.languages or language in candidate.languages
    ]
    fit = sorted(speaking or suited, key=lambda candidate: fitness(candidate, request))
    return sorted(fit, key=partial(_unlike, request)) if task.task == "image-to-text" else fit


def _unlike(request: str, candidate: Candidate) -> int:
    """For reading, models of whole pages come first; for describing, models that can only read come last.

    What reads codes alone is first where a code is spoken of, and else the last resort.
    """
    if "code" in candidate.aspects:
        return -1 if _CODE.search(request) else 2
    about = f"{candidate.model} {candidate.description}"
    return int("(OCR)" not in about) if READING.search(request) else int("ocr" in about.lower())


async def ask(
    request: str,
    model: BaseChatModel,
    context: Context,
    tasks: Sequence[Task],
    ranked: Mapping[int, Sequence[Candidate]],
) -> dict[int, Wish]:
    """What the model chooses, in one call for all tasks; the ranking stands where it cannot be asked."""
    shown = [_question(task, ranked[task.id][: context.top_k]) for task in tasks]
    messages = [SystemMessage(prompts.render("select")), HumanMessage("\n".join([f"Request: {request}", *shown]))]
    try:
        text = await write_json(model, messages, SCHEMA, resolve(context.llm))
    except ModelError as error:
        return {task.id: ("", f"the controller could not choose: {error}") for task in tasks}
    return dict(await asyncio.to_thread(_read, text))


def _question(task: Task, among: Sequence[Candidate]) -> str:
    args = ", ".join(f"{name}: {str(value)[:80]!r}" for name, value in task.args.items())
    return "\n".join([f"\nTask {task.id}, {task.task} ({args}):", *map(_facts, among)])


def _facts(candidate: Candidate) -> str:
    """What is ranked of a candidate, in one line."""
    facts = [
        " ".join(candidate.description.split())[:_DESCRIBED],
        f"{candidate.downloads:,} downloads" if candidate.downloads else "",
        candidate.licence or "",
        f"{candidate.parameters / 1e6:,.0f}M parameters" if candidate.parameters else "",
        f"languages {', '.join(candidate.languages[:8])}" if candidate.languages else "",
        f"runs {candidate.backend} on {candidate.device}",
    ]
    return f"- {candidate.model}: {'; '.join(filter(None, facts))}"


def _read(text: str) -> list[tuple[int, Wish]]:
    """The choices in a model's answer, whatever else it holds."""
    values = [part.value for part in find(text[:MAX_CHARACTERS])]
    lists = [value.get("choices") if isinstance(value, dict) else value for value in values]
    rows = [row for choices in lists if isinstance(choices, list) for row in choices]
    return [
        (
            int(row["task"]),
            (str(row.get("model") or row.get("id")), str(row.get("reason") or "chosen by the controller")),
        )
        for row in rows
        if isinstance(row, dict) and str(row.get("task")).isdecimal()
    ]


def job(task: Task, ranked: Sequence[Candidate], wish: Wish | None = None) -> Job:
    """The wished candidate first, where it is one, and the others as fallbacks in the order of their rank."""
    name, reason = wish or ("", "")
    wished = next((candidate for candidate in ranked if candidate.model == name), None)
    if wished:
        return _ordered(task, wished, [candidate for candidate in ranked if candidate is not wished], reason)
    if name:
        reason = f"the controller chose {name[:80]!r}, which is no candidate; this is the first that is"
    return _ordered(task, ranked[0], ranked[1:], reason) if ranked else Job(id=task.id, task=task.task, choices=[])


def _ordered(task: Task, first: Candidate, others: Sequence[Candidate], reason: str) -> Job:
    choices = [_choice(first, reason or _rank(first)), *(_choice(candidate, _rank(candidate)) for candidate in others)]
    return Job(id=task.id, task=task.task, choices=choices)


def _rank(candidate: Candidate) -> str:
    count = f"{candidate.downloads:,} downloads" if candidate.downloads else candidate.backend
    return f"by rank ({count})"


def _choice(candidate: Candidate, reason: str) -> Choice:
    return Choice(reason=reason, **candidate.model_dump(include={"model", "backend", "revision", "device"}))
