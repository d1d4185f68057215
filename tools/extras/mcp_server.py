"""Tools of an MCP server: one that listens at an address, or one that a command starts, for each call anew."""

import asyncio
import base64
import logging
import shlex
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import IO, Any
from urllib.parse import urlsplit

import mcp_types as types
from mcp import Client, MCPError
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tools.errors import ConfigError, ModelError, ModelUnavailable
from tools.extras import mcp_results, mcp_transport
from tools.extras.entry import Entry
from tools.extras.place import Place
from tools.extras.results import made
from tools.extras.schema import medium_made, parameter
from tools.extras.wording import described
from tools.files import codec
from tools.progress import report
from tools.protocol import Media, Output

logging.getLogger("mcp").addHandler(logging.NullHandler())  # a server's chatter is no part of our output
_MOST = 500  # tools of one server
_CLOSED = -32000  # JSON-RPC: the server went away


async def describe(place: Place) -> Sequence[Entry]:
    """An entry for each tool, of all pages of the list."""
    entries, cursor = list[Entry](), None
    async with _connected(place) as client:
        while len(entries) <= _MOST:
            page = await client.list_tools(cursor=cursor)
            entries += [_entry(place, tool) for tool in page.tools]
            if not (cursor := page.next_cursor):
                return entries
    raise ConfigError(f"{place.source} offers more than {_MOST} tools; that is more than can be added.")


async def run(entry: Entry, inputs: dict[str, Any]) -> Output:
    """Call the tool, and read what it gives. Raises ModelError with the tool's own words where it failed."""
    arguments = await asyncio.to_thread(_arguments, entry, inputs)
    async with _connected(entry) as client:
        result = await client.call_tool(entry.tool, arguments, progress_callback=_report)
        contents = [] if result.is_error else await mcp_results.contents(result, client)
    if result.is_error:
        words = " ".join(block.text for block in result.content if isinstance(block, types.TextContent))
        raise ModelError(f"{entry.name} refused: {' '.join(words.split())[:300] or 'it gave no reason'}")
    return await asyncio.to_thread(mcp_results.output, entry, contents, result.structured_content)


async def _report(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - so called by mcp
    """Progress as whole steps, in percent where the server counts in fractions. Without a total there is none."""
    if total:
        countable = float(progress).is_integer() and float(total).is_integer() and total > 1
        report(*((int(progress), int(total)) if countable else (round(100 * progress / total), 100)))


def _entry(place: Place, tool: types.Tool) -> Entry:
    schema, about = tool.input_schema, tool.description or tool.title or ""
    required = required if isinstance(required := schema.get("required"), list) else []
    properties = listed.items() if isinstance(listed := schema.get("properties"), dict) else ()
    slots = tuple(parameter(name, argument, required=name in required, root=schema) for name, argument in properties)
    medium = None if tool.output_schema else medium_made(about)  # a structured result is no medium
    read_only = bool(tool.annotations and tool.annotations.read_only_hint)
    return described(place, tool.name, about, outputs=made([medium]), slots=slots, read_only=read_only)


@asynccontextmanager
async def _connected(place: Place) -> AsyncIterator[Client]:
    """A session of its own, closed in the end; a command's process is ended with it."""
    if "://" not in place.source:
        async with _started(place) as client:
            yield client
        return
    http = await asyncio.to_thread(mcp_transport.http, place)  # it reads certificates
    if urlsplit(place.source).path.rstrip("/").endswith("/sse"):  # as servers listened before MCP's version of 2025-03
        older = sse_client(place.address, httpx_client_factory=lambda **_: http)  # type: ignore[arg-type]  # by keywords
        async with Client(older) as client:
            yield client
        return
    async with http, Client(streamable_http_client(place.address, http_client=http)) as client:
        yield client


@asynccontextmanager
async def _started(place: Place) -> AsyncIterator[Client]:
    """A server that a command starts. Its log is no part of our output; its last line tells why it ended."""
    command, *rest = shlex.split(place.source) or [""]
    if not command:
        raise ConfigError("Name the command that starts the MCP server.")
    parameters = StdioServerParameters(command=command, args=rest, env=place.filled(place.env))
    with await asyncio.to_thread(tempfile.TemporaryFile, "w+", errors="replace") as log:
        try:
            async with Client(stdio_client(parameters, log)) as client:
                yield client
        except* MCPError as group:
            if not any(error.code == _CLOSED for error in _leaves(group)):
                raise
            raise ModelUnavailable(f"{place.source} ended by itself: {_last_line(log)}.") from None


def _leaves(group: BaseExceptionGroup[MCPError]) -> list[MCPError]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]


def _last_line(log: IO[str]) -> str:
    log.seek(0)
    lines = [line.strip() for line in log.read(100_000).splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


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
