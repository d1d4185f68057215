"""The graph as one MCP tool, and every task type that can run here as a tool of its own."""

import asyncio
import base64
import json
import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mcp_types as types
from langchain_core.messages import HumanMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from upath import UPath

from app.owner import Owner
from app.server import in_process
from app.server.body import finite
from graph.state import InputState, Result, Task
from tools import TOOLS
from tools.errors import HuggingGPTError
from tools.files.resources import modality
from tools.models.catalog import offered

WHOLE = "hugginggpt"
SHOWN = 2**20  # bytes of a picture or recording that stands in the result itself
DESCRIPTION = "Plan a request, run the right models for it, in parallel where possible, and answer."


class Ask(BaseModel, extra="forbid"):
    """What the whole graph takes."""

    request: str = Field(min_length=1, description="What is wanted, in plain words")
    resources: list[str] = Field([], description="Files it is about: links, data URIs or uploaded resources")


class Done(BaseModel):
    """One task and what came of it."""

    task: Task
    status: str
    text: str | None
    files: list[str]
    error: str | None


class Outcome(BaseModel):
    """What the whole graph gives."""

    answer: str
    tasks: list[Done]


class Made(BaseModel):
    """What a single task gives; ``files`` are links, and structured results stand in ``data``."""

    text: str | None
    data: Any
    files: list[str]
    model: str
    backend: str


async def list_tools(
    _context: ServerRequestContext[Any, Request], _params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    """The tools that can run right now."""
    graph_tool = types.Tool(
        name=WHOLE,
        description=DESCRIPTION,
        input_schema=Ask.model_json_schema(),
        output_schema=Outcome.model_json_schema(),
    )
    single = [
        types.Tool(
            name=name,
            description=TOOLS[name].description,
            input_schema=_schema(name),
            output_schema=Made.model_json_schema(),
        )
        for name in offered()
    ]
    return types.ListToolsResult(tools=[graph_tool, *single])


async def call_tool(
    context: ServerRequestContext[Any, Request], params: types.CallToolRequestParams
) -> types.CallToolResult:
    """Run a tool. What the caller or a model did wrong is the tool's result, marked as an error."""
    assert context.request is not None  # noqa: S101 - always there over HTTP
    arguments = dict(params.arguments or {})
    try:
        if params.name == WHOLE:
            return await _ask(context, Owner.of(context.request), Ask.model_validate(arguments))
        if params.name in offered():
            return await _call(Owner.of(context.request), params.name, arguments)
    except ValidationError as error:
        return _failed("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))
    except HuggingGPTError as error:
        return _failed(str(error))
    return _failed(f"There is no tool {params.name!r} that can run here; list the tools to see which can.")


async def _ask(context: ServerRequestContext[Any, Request], owner: Owner, ask: Ask) -> types.CallToolResult:
    given = InputState(messages=[HumanMessage(ask.request)], resources=ask.resources)
    state = await in_process.followed(given, owner.config("mcp"), context.session.report_progress)
    tasks = {task.id: task for task in (state["plan"].tasks if state.get("plan") else [])}
    done = [_done(owner, tasks[result.id], result) for result in state.get("results") or []]
    answer = Outcome(answer=in_process.last_words(state, owner), tasks=done)
    return _succeeded(answer.answer, answer.model_dump(mode="json"))


def _done(owner: Owner, task: Task, result: Result) -> Done:
    files = owner.links(result.files)
    return Done(task=task, status=result.status, text=result.text, files=files, error=result.error)


async def _call(owner: Owner, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
    if unknown := set(arguments) - set(_schema(name)["properties"]):
        return _failed(f"{name} takes no {', '.join(sorted(unknown))}; see its input schema.")
    made = await in_process.call(owner, name, arguments, "mcp")
    links = owner.links(made["files"])
    text = made["text"] or "\n".join(links) or json.dumps(finite(made["data"]))
    shown = [await asyncio.to_thread(_shown, path, link) for path, link in zip(made["files"], links, strict=True)]
    return _succeeded(text, Made(**{**made, "data": finite(made["data"]), "files": links}).model_dump(), shown)


def _shown(path: str, link: str) -> types.ContentBlock:
    """A picture or recording as such, where it is small enough for a model's context; any other file as a link."""
    kind, mime = modality(path), mimetypes.guess_type(path)[0] or "application/octet-stream"
    size = UPath(path).stat().st_size
    if size > SHOWN or kind not in {"image", "audio"}:
        return types.ResourceLink(type="resource_link", uri=link, name=Path(path).name, mime_type=mime, size=size)
    data = base64.b64encode(UPath(path).read_bytes()).decode()
    if kind == "image":
        return types.ImageContent(type="image", data=data, mime_type=mime)
    return types.AudioContent(type="audio", data=data, mime_type=mime)


def _schema(name: str) -> dict[str, Any]:
    """What a tool takes from callers; which model runs it is chosen here."""
    return dict(convert_to_openai_tool(TOOLS[name])["function"]["parameters"])


def _succeeded(text: str, structured: dict[str, Any], more: Sequence[types.ContentBlock] = ()) -> types.CallToolResult:
    words = types.TextContent(type="text", text=text)
    return types.CallToolResult(content=[words, *more], structured_content=structured)


def _failed(reason: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=reason)], is_error=True)


def session_manager(max_bytes: int) -> StreamableHTTPSessionManager:
    """The transport, without sessions: any worker can answer any request. To be run in the lifespan.

    Answers are streams, by which callers that ask for it hear of progress.
    """
    server = Server("hugginggpt", instructions=DESCRIPTION, on_list_tools=list_tools, on_call_tool=call_tool)
    return StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=max_bytes)
