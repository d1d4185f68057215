"""What MCP tools give: words, media, resources within the answer or linked, structured data."""

from collections.abc import Iterator, Sequence

import mcp_types as types
from mcp import Client

from tools.errors import BadOutput
from tools.extras.entry import Entry
from tools.extras.results import MOST, fetched, gathered
from tools.files.fetch import Trusted
from tools.protocol import Output

Content = str | types.ImageContent | types.AudioContent | types.BlobResourceContents


async def contents(result: types.CallToolResult, client: Client) -> list[Content]:
    """The blocks of a result. What it links to is read through the server itself, never from this machine or a web."""
    blocks: list[Content] = []
    if len(result.content) > MOST:
        raise BadOutput(f"The server gave {len(result.content)} blocks at once; {MOST} are the most.")
    for block in result.content:
        if isinstance(block, types.ResourceLink):
            blocks += map(_resource, (await client.read_resource(block.uri)).contents)
        elif isinstance(block, types.EmbeddedResource):
            blocks.append(_resource(block.resource))
        else:
            blocks.append(block.text if isinstance(block, types.TextContent) else block)
    return blocks


def output(entry: Entry, blocks: Sequence[Content], structured: object) -> Output:
    """Words and media; structured data only where it says more than the words. Raises HuggingGPTError."""
    values: list[object] = [block if isinstance(block, str) else _decoded(block, entry) for block in blocks]
    if entry.outputs[0] != "text" and not any(not isinstance(value, str) for value in values):
        values += _linked(entry, values)
    if structured and not (isinstance(structured, dict) and set(structured) == {"result"}):
        values.append(structured)
    return gathered(values, entry)


def _resource(resource: types.TextResourceContents | types.BlobResourceContents) -> Content:
    return resource.text if isinstance(resource, types.TextResourceContents) else resource


def _decoded(content: types.ImageContent | types.AudioContent | types.BlobResourceContents, entry: Entry) -> object:
    """The medium, by what the bytes are rather than by what the server calls them."""
    data = content.blob if isinstance(content, types.BlobResourceContents) else content.data
    return fetched(f"data:{content.mime_type or 'application/octet-stream'};base64,{data}", entry)


def _linked(entry: Entry, values: Sequence[object]) -> Iterator[object]:
    """The media behind texts that are nothing but a link: many servers give those in place of the bytes."""
    trusted = Trusted(entry.address) if "://" in entry.source else None
    for text in values:
        link = str(text).strip()
        if link.startswith(("http://", "https://", "data:")) and len(link.split()) == 1:
            medium = fetched(link, entry, trusted)
            yield None if isinstance(medium, str) else medium
