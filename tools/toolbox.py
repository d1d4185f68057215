"""The task table's rows as LangChain tools, all made by one recipe."""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from langchain_core.tools import InjectedToolArg, StructuredTool
from PIL.Image import Image
from pydantic import BaseModel, Field, WithJsonSchema, create_model

from tools import clean
from tools.errors import BadOutput, InputError, ModelUnavailable
from tools.files import inputs, resources
from tools.files.artifacts import digest, readable, save
from tools.memory import give_back
from tools.models.catalog import candidates, suits, unlicensed
from tools.protocol import Audio, Call, Candidate, Output, Video
from tools.registry import BACKENDS
from tools.tasks import TASKS, Modality, Slot, TaskType
from tools.values import verbatim

LONG = 16_000  # characters of a text beyond which it is kept in a file, and its beginning alone goes along
LARGEST = 10_000_000  # characters that a result may have
_CLASSES: dict[Modality, type] = {"image": Image, "audio": Audio, "video": Video}


async def perform(
    task: TaskType,
    args: dict[str, Any],
    model: str | None,
    backend: str | None,
    parameters: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Run a task on a model: check, choose, load, run, check again, save. The result is plain JSON.

    ``parameters`` are those of an output that is to be made again, such as its seed.

    Raises:
        InputError: an argument is missing, empty or not usable.
        ModelError: the model is not there, failed, or gave something that is not a result.
    """
    try:
        return await _perform(task, args, model, backend, parameters)
    finally:  # by now nothing holds what was decoded for it
        await asyncio.to_thread(give_back)


async def _perform(
    task: TaskType, args: dict[str, Any], model: str | None, backend: str | None, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    check(task, args)
    candidate = await asyncio.to_thread(_candidate, task, args, model, backend)
    inputs, sources = await _load(task, args)
    inputs = {**parameters, **inputs}
    started = time.perf_counter()
    output = await BACKENDS[candidate.backend].run(Call(task, candidate, inputs))
    seconds = round(time.perf_counter() - started, 4)
    if not _complete(task, output):
        raise BadOutput(f"{candidate.model} gave no {task.outputs[0]} for {task.name}.")
    facts = {**candidate.model_dump(include={"model", "revision", "backend", "device"}), "seconds": seconds}
    facts["revision"] = output.revision or candidate.revision
    provenance = {"task": task.name, **facts, "licence": candidate.licence, "inputs": sources, **output.parameters}
    return {**await _kept(output, _name(task, sources), provenance), **facts}


async def _kept(output: Output, name: str, provenance: dict[str, Any]) -> dict[str, Any]:
    """What was made: words and data as JSON, and files. Of a long text the beginning; ``whole`` is the file of all."""
    made = {"text": output.text, "data": output.data}
    short = output.data is None and len(output.text or "") <= LONG  # and so soon gone through
    content = clean.json(made) if short else await asyncio.to_thread(clean.json, made)
    text = content["text"] or ""
    if len(text) > LARGEST:
        raise BadOutput(f"The result has {len(text):,} characters, and at most {LARGEST:,} are kept.")
    long = text if len(text) > LONG else None
    files = await asyncio.to_thread(save, output, name, provenance, long) if output.media or long else []
    if long is None:
        return {**content, "files": files, "whole": None, "more": 0}
    return {**content, "text": long[:LONG], "files": files, "whole": files[-1], "more": len(long) - LONG}


def check(task: TaskType, args: dict[str, Any]) -> None:
    """Refuse a call whose required slots are not filled. Raises InputError."""
    for slot in task.required:
        value = args.get(slot.name)
        if value is None or value == [] or (isinstance(value, str) and not value.strip()):
            raise InputError(f"{task.name} needs its {slot.name} ({slot.note or slot.modality}), and it is empty.")


def _name(task: TaskType, sources: dict[str, Any]) -> str:
    """What the result is called: after the file it was made of, if there is one, and what it is, said once."""
    what = readable(task.title or task.name)
    files = (source["file"] for source in sources.values() if isinstance(source, dict))
    about = [re.sub(rf"-{re.escape(what)}(-\w{{1,8}})?$", "", readable(Path(file).stem)) for file in islice(files, 1)]
    return readable(*about, what)


def _candidate(task: TaskType, args: dict[str, Any], model: str | None, backend: str | None) -> Candidate:
    """The named candidate, or else the first that suits the arguments."""
    able = BACKENDS[backend].candidates(task) if model and backend in BACKENDS else candidates(task)
    suitable = [
        candidate for candidate in able if model in {None, candidate.model} and backend in {None, candidate.backend}
    ]
    suitable = [candidate for candidate in suitable if unlicensed(candidate) is None and suits(candidate, args)]
    if suitable:
        return suitable[0]
    known = ", ".join(dict.fromkeys(candidate.model for candidate in candidates(task)))
    missing = " ".join(filter(None, (runner.missing(task) for runner in BACKENDS.values())))
    hint = f"; choose among {known}." if known else f". {missing}"
    wish = " ".join(filter(None, (model, backend and f"on {backend}", args.get("aspect") and f"for {args['aspect']}")))
    raise ModelUnavailable(f"No model {wish} can do {task.name} here{hint}".replace("  ", " "))


async def _load(task: TaskType, args: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The decoded value of every filled slot, and where each came from."""
    inputs: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    for slot in task.slots:
        if args.get(slot.name) is not None:
            values = args[slot.name] if isinstance(args[slot.name], list) else [args[slot.name]]
            pairs = [await _load_one(slot, value) for value in values]
            inputs[slot.name] = [value for value, _ in pairs] if slot.many else pairs[0][0]
            sources[slot.name] = [source for _, source in pairs] if slot.many else pairs[0][1]
    return inputs, sources


async def _load_one(slot: Slot, value: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a text, or what the schema says
    if slot.modality == "text" and verbatim(slot.schema):
        value = await asyncio.to_thread(inputs.origin, str(value)) or value
        return value, value
    if slot.modality == "text" and not (
        resources.may_be_reference(value) and await asyncio.to_thread(resources.is_reference, value)
    ):
        return value, value
    path = await resources.admit(value)
    loaded = await resources.load(path, slot.modality)
    return loaded, {"file": path, "sha256": await asyncio.to_thread(digest, path)}


def _complete(task: TaskType, output: Output) -> bool:
    """Whether the output holds what the task is for: words or data, or a medium of the right kind."""
    main = task.outputs[0]
    if main in {"text", "table"}:
        return bool(output.text and output.text.strip()) or output.data is not None
    return any(isinstance(item, _CLASSES[main]) for item in output.media)


def _content(result: dict[str, Any]) -> str:
    """What a language model is told: the words, and where the files are."""
    lines = [result["text"] or "", *(f"[{resources.modality(path)} saved as {path}]" for path in result["files"])]
    return "\n".join(filter(None, lines)) or str(result["data"])


def _arguments(slots: Iterable[Slot]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for slot in slots:
        what = "" if slot.modality == "text" else f"path or URL of {slot.modality} file"
        about = "; ".join(filter(None, (what, slot.note))) or f"the {slot.name}"
        item: Any = Annotated[Any, WithJsonSchema(dict(slot.schema))] if slot.schema else str
        kind: Any = list[item] if slot.many else item
        default: Any = ... if slot.required else None
        fields[slot.name] = (kind if slot.required else kind | None, Field(default, description=about))
    hidden = Annotated[str | None, InjectedToolArg]
    return create_model("Arguments", model=(hidden, None), backend=(hidden, None), **fields)


def _tool(task: TaskType) -> StructuredTool:
    async def call(model: str | None = None, backend: str | None = None, **args: object) -> tuple[str, dict[str, Any]]:
        result = await perform(task, args, model, backend)
        return _content(result), result

    def call_and_wait(
        model: str | None = None, backend: str | None = None, **args: object
    ) -> tuple[str, dict[str, Any]]:
        with ThreadPoolExecutor(1) as pool:  # its own loop in its own thread: works where a loop runs already
            return pool.submit(copy_context().run, asyncio.run, call(model, backend, **args)).result()

    return StructuredTool.from_function(
        name=task.name,
        description=f"{task.purpose[0].upper()}{task.purpose[1:]}. Gives {' and '.join(task.outputs)}.",
        func=call_and_wait,
        coroutine=call,
        args_schema=_arguments(task.slots),
        response_format="content_and_artifact",
    )


class _Tools(dict[str, StructuredTool]):
    """The tools by task type; one that is added to the task table later is made when it is first asked for."""

    def __missing__(self, name: str) -> StructuredTool:
        self[name] = _tool(TASKS[name])
        return self[name]


TOOLS = _Tools((name, _tool(task)) for name, task in TASKS.items())
