"""An MCP server that others may run: well-behaved tools and strange ones. Over stdio where no port is given.

With ``DEMANDS`` in its environment it answers only those who send that as ``Authorization``.
"""

import base64
import io
import os
import sys
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Annotated, Any

import anyio
import mcp_types as types
import numpy as np
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver import Image as McpImage
from PIL import Image
from pydantic import Field

server = MCPServer("strangers")


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


def png(colour: str, width: int = 32) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


@server.tool()
def vowels(text: str) -> int:
    """Count the vowels of a text."""
    return sum(letter in "aeiou" for letter in text)


@server.tool()
def swatch(colour: str, width: Annotated[int, Field(ge=8, le=64)] = 32) -> McpImage:
    """Make an image of one colour: a swatch."""
    return McpImage(data=png(colour, width), format="png")


@server.tool()
def brightness(image_base64: str) -> dict[str, int]:
    """Measure the brightness of a picture."""
    picture = Image.open(io.BytesIO(base64.b64decode(image_base64))).convert("L")
    return {"brightness": int(np.asarray(picture).mean())}


@server.tool()
def refuse(text: str) -> str:
    """Refuse everything."""
    raise ValueError(f"never {text}")


@server.tool()
def motto() -> str:
    """Tell the motto of the house."""
    return "Small is beautiful."


@server.tool()
async def knit(rows: int, context: Context[Any, Any], size: Size = Size.SMALL) -> str:
    """Knit a scarf."""
    for row in range(1, rows + 1):
        await context.report_progress(row, rows)
    return f"a {size.value} scarf of {rows} rows"


@server.tool(structured_output=False)
def letter(kind: str) -> types.CallToolResult:
    """Deliver a letter."""
    blob = base64.b64encode(png("red")).decode()
    blocks: dict[str, types.ContentBlock] = {
        "text": types.EmbeddedResource(
            type="resource", resource=types.TextResourceContents(uri="memo://1", text="Dear all")
        ),
        "picture": types.EmbeddedResource(
            type="resource", resource=types.BlobResourceContents(uri="memo://2", blob=blob, mime_type="image/png")
        ),
        "link": types.ResourceLink(type="resource_link", uri="memo://greeting", name="greeting"),
        "file": types.ResourceLink(type="resource_link", uri="file:///etc/hostname", name="hostname"),
        "lie": types.ImageContent(type="image", data=base64.b64encode(b"no picture").decode(), mime_type="image/png"),
    }
    return types.CallToolResult(content=[blocks[kind]])


@server.resource("memo://greeting")
def greeting() -> str:
    return "Good morning from the server"


@server.tool(structured_output=False)
def poster(link: str) -> str:
    """Make a picture: a poster."""
    return link


@server.tool()
def visit(url: str) -> str:
    """Visit a page."""
    return f"visited {url}"


@server.tool(structured_output=False)
def flood(amount: int) -> str:
    """Flood the valley."""
    return "water " * amount


@server.tool()
def echo_secret() -> dict[str, str | None]:
    """Tell what the server was given."""
    return {"secret": os.environ.get("STRANGE_TOKEN"), "other": os.environ.get("OTHER_TOKEN")}


@server.tool()
def vanish() -> str:
    """Vanish at once."""
    sys.stderr.write("I am gone for good\n")
    os._exit(3)


@server.tool()
async def hang(pid_file: str) -> str:
    """Hang about."""
    await anyio.Path(pid_file).write_text(str(os.getpid()))
    await anyio.sleep(600)
    return "late"


def guarded(app: Callable[..., Awaitable[None]], demanded: str) -> Callable[..., Awaitable[None]]:
    async def inner(scope: dict[str, Any], receive: object, send: Callable[..., Awaitable[None]]) -> None:
        sent = dict(scope.get("headers", [])).get(b"authorization", b"").decode()
        if scope["type"] == "http" and sent != demanded:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": f"{sent} will not do".encode()})
        else:
            await app(scope, receive, send)

    return inner


if __name__ == "__main__":
    if len(sys.argv) < 2:
        if "--renamed" in os.environ.get("STRANGE", ""):
            server.remove_tool("vowels")
        server.run("stdio")
    else:
        import uvicorn

        app: Any = server.sse_app() if "SSE" in os.environ else server.streamable_http_app()
        app = guarded(app, os.environ["DEMANDS"]) if "DEMANDS" in os.environ else app
        uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
