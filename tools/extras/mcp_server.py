"""Tools of an MCP server: one that listens at an address, or one that a command starts."""

import asyncio
import base64
import os
import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tools import inputs, media
from tools.backends.base import Media, Output
from tools.backends.endpoint import codec
from tools.errors import ConfigError, ModelError
from tools.extras.entry import Entry, described, gathered, made, parameter, told
from tools.fetch import guard
from tools.settings import settings

_PAGES = 20  # of a list of tools


async def describe(source: str) -> Sequence[Entry]:
    """An entry for each tool."""
    found, cursor = list[Entry](), None
    async with _connected(source) as client:
        for _ in range(_PAGES):
            page = await client.list_tools(cursor=cursor)
            found += [_entry(source, tool) for tool in page.tools]
            if not (cursor := page.next_cursor):
                break
    return found


async def run(entry: Entry, inputs: dict[str, Any]) -> Output:
    """Call the tool, and read what it gives. Raises ModelError with the tool's own words where it failed."""
    arguments = await asyncio.to_thread(_arguments, entry, inputs)
    async with _connected(entry.source) as client:
        result = await client.call_tool(entry.tool, arguments)
    texts = [block.text for block in result.content if isinstance(block, types.TextContent)]
    if result.is_error:
        raise ModelError(f"{entry.name} refused: {' '.join(' '.join(texts).split())[:300]}")
    return await asyncio.to_thread(_output, result, texts)


def _entry(source: str, tool: types.Tool) -> Entry:
    schema, about = tool.input_schema, tool.description or tool.title or ""
    required = schema.get("required", ())
    given = schema.get("properties", {}).items()
    slots = tuple(parameter(name, each, required=name in required) for name, each in given)
    medium = None if tool.output_schema else told(about)  # a structured result is no medium
    return described("mcp", source, tool.name, about, outputs=made([medium]), slots=slots)


@asynccontextmanager
async def _connected(source: str) -> AsyncIterator[Client]:
    if source.startswith(("http://", "https://")):
        await asyncio.to_thread(guard, source)
        make = partial(httpx2.AsyncClient, timeout=settings().endpoint_timeout)
        async with (
            await asyncio.to_thread(make) as http,  # it reads certificates
            Client(streamable_http_client(source, http_client=http)) as client,
        ):
            yield client
    else:
        command, *rest = shlex.split(source) or [""]
        if not command:
            raise ConfigError("Name the command that starts the MCP server.")
        with await asyncio.to_thread(open, os.devnull, "w") as silence:  # its log is no part of our output
            async with Client(stdio_client(StdioServerParameters(command=command, args=rest), silence)) as client:
                yield client


def _arguments(entry: Entry, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments as JSON: media in base64 or as data URIs, as the entry says."""
    arguments = entry.arguments(given)
    for slot in entry.slots:
        if slot.modality != "text" and slot.name in given:
            media = given[slot.name] if slot.many else [given[slot.name]]
            coded = [_coded(medium, slot.encoding) for medium in media]
            arguments[slot.parameter] = coded if slot.many else coded[0]
    return arguments


def _coded(medium: Media | str, encoding: str) -> str:
    """A medium, or the video at a path, as a text."""
    content = codec.encode(medium)
    coded = base64.b64encode(content).decode()
    return coded if encoding == "base64" else f"data:{content.mime_type};base64,{coded}"


def _output(result: types.CallToolResult, texts: list[str]) -> Output:
    """Words and media; structured data only where it says more than the words."""
    made: list[object] = list(texts)
    for block in result.content:
        if isinstance(block, types.ImageContent | types.AudioContent):
            path = Path(inputs.from_data(f"data:{block.mime_type};base64,{block.data}"))
            made.append(media.image(path) if isinstance(block, types.ImageContent) else media.audio(path))
        elif isinstance(block, types.EmbeddedResource) and isinstance(block.resource, types.BlobResourceContents):
            made.append(codec.video(base64.b64decode(block.resource.blob)))
    structured = result.structured_content
    if structured and set(structured) != {"result"}:
        made.append(structured)
    return gathered(made)
