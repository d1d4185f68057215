"""What is fuzzed: each target makes one case of a seed and lets the program have it, through its public functions."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from starlette.routing import Route

from app.server.serving import application
from benchmarks.fuzz import mutation, seeds
from benchmarks.support.stubs import StubBackend
from graph.planning.files import Files
from graph.planning.prompting import listed
from graph.planning.reply import read
from graph.planning.scanner import Scanner
from graph.planning.validation import check
from tools.errors import HuggingGPTError, InputError
from tools.extras import gradio_values
from tools.extras.entry import Entry
from tools.extras.place import Kind, Place
from tools.extras.schema import medium_made, parameter
from tools.extras.wording import described
from tools.files import frames, media, resources
from tools.files.formats import EXTENSIONS
from tools.protocol import Audio, Call, Media, Output
from tools.registry import BACKENDS
from tools.settings import override
from tools.tasks import TASKS

Case = Callable[[random.Random], Awaitable[None]]
SHARES = {"plans": 40, "descriptions": 30, "files": 22, "routes": 8}  # of a hundred cases
ADDRESS = "http://127.0.0.1:8004"


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[dict[str, Case]]:
    """The targets by name, working in a folder."""
    override(folders=[folder], out=folder / "out", cache_folder=folder / "cache", llm="offline", page=False)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(_client())
        yield {
            "plans": _plan,
            "descriptions": _description,
            "files": _files(folder),
            "routes": lambda chance: _route(chance, client),
        }


async def _plan(chance: random.Random) -> None:
    good = chance.choice(seeds.PLANS)
    structured = good[0] == "{" and chance.random() < 0.5 and good[1] == '"'
    text = json.dumps(mutation.of_json(chance, json.loads(good))) if structured else mutation.of_text(chance, good)
    scanner = Scanner()
    for at in range(0, len(text), 7):
        list(scanner.feed(text[at : at + 7]))
    reply = read(text, "What is on cat.png?")
    checked = check(reply.tasks, Files(["cat.png", "a.png"], ["b.png"]), TASKS)
    ids = [task.id for task in checked.tasks]
    if len(set(ids)) != len(ids) or any(
        need not in ids[:place] for place, task in enumerate(checked.tasks) for need in task.dep
    ):
        raise AssertionError(f"a plan that cannot run was passed: {checked.tasks}")


async def _description(chance: random.Random) -> None:
    """What a stranger's server says of a tool; of the form that the protocols' own libraries let through."""
    if chance.random() < 0.5:
        schema = mutation.of_json(chance, seeds.TOOL["schema"])
        said, name = (mutation.of_text(chance, seeds.TOOL[key]) for key in ("description", "name"))
        _row(_of_mcp(name, said, schema if isinstance(schema, dict) else {}))
    else:
        component, kind = mutation.of_json(chance, seeds.COMPONENT["component"]), chance.choice(seeds.COMPONENTS)
        about = {**seeds.COMPONENT["about"], "component": kind, "label": mutation.of_text(chance, "Picture")}
        about["type"] = chance.choice(seeds.TYPES)
        slot = gradio_values.slot(about, component if isinstance(component, dict) else {})
        _row(described(_place("gradio"), "/predict", "Show it.", slots=tuple(filter(None, [slot]))))


def _of_mcp(name: str, about: str, schema: dict[str, Any]) -> Entry:
    listed = schema.get("properties")
    properties = listed if isinstance(listed, dict) else {}
    slots = tuple(parameter(key, argument, required=False, root=schema) for key, argument in properties.items())
    return described(_place("mcp"), name, about, outputs=(medium_made(about) or "text",), slots=slots)


def _place(kind: Kind) -> Place:
    return Place(kind=kind, source="http://127.0.0.1:9")


def _row(entry: Entry) -> None:
    """The row of the task table, as the planner is shown it, and a value for each slot."""
    row = entry.row()
    listed({row.name: row})
    with suppress(InputError):
        entry.arguments(dict.fromkeys((slot.name for slot in entry.slots), "7"))


def _files(folder: Path) -> Case:
    good = seeds.files(folder)

    async def case(chance: random.Random) -> None:
        name = chance.choice(list(good))
        path = folder / f"b{Path(name).suffix}"
        path.write_bytes(mutation.of_bytes(chance, good[name]))
        with suppress(HuggingGPTError):
            await _use(await resources.admit(str(path)))

    return case


async def _use(path: str) -> None:
    """All that tasks do with a file of its kind."""
    kind = EXTENSIONS[Path(path).suffix.lower()]
    if kind == "video":
        with suppress(HuggingGPTError):
            await resources.load(path, "audio")
        await asyncio.to_thread(frames.spread, Path(path), 4)
    elif kind == "table":
        await asyncio.to_thread(media.table, Path(path))
    else:
        await resources.load(path, kind)


@asynccontextmanager
async def _client() -> AsyncIterator[httpx.AsyncClient]:
    BACKENDS.clear()
    BACKENDS["embedded"] = StubBackend({"echo": _echo})
    app = application()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 5000))
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        taken = {route.path for route in app.routes if isinstance(route, Route) and "POST" in (route.methods or ())}
        if missing := taken - seeds.BODIES.keys() - seeds.FORMS:
            raise AssertionError(f"routes that nothing is sent to: {missing}")
        yield client


async def _echo(call: Call) -> Output:
    vector = [0.5] * 4 if call.task.name == "feature-extraction" else None
    return Output(text=str(call.inputs.get("text", "said")), data=vector, media=tuple(_media(call.task.outputs)))


def _media(kinds: Sequence[str]) -> Iterator[Media]:
    if "image" in kinds:
        yield Image.new("RGB", (8, 6))
    if "audio" in kinds:
        yield Audio(np.zeros(800, np.float32), 8000)


async def _route(chance: random.Random, client: httpx.AsyncClient) -> None:
    path = chance.choice(list(seeds.BODIES))
    body = json.dumps(mutation.of_json(chance, seeds.BODIES[path]))
    if chance.random() < 0.2:
        body = mutation.of_text(chance, body)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    content = body.encode("utf-8", "surrogatepass")
    reply = await client.post(path, content=content, headers=headers)
    if reply.status_code == 500 or "Traceback" in reply.text:
        raise AssertionError(f"{path} {body[:500]!r}: {reply.status_code} {reply.text[:300]}")
