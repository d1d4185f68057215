"""What others may offer, for the tests of added task types: functions, an MCP server and a Gradio app."""

import base64
import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tools.backends.base import Audio

EXAMPLE = "no function"


def pig_latin(text: Annotated[str, "the words to change"], ending: str = "ay") -> str:
    """Put a text into pig latin.

    More of it, which planners need not read.
    """
    return " ".join(word[1:] + word[0] + ending for word in text.split())


def mirror(image: Image.Image) -> Image.Image:
    """Mirror a picture, left to right."""
    return ImageOps.mirror(image)


async def chirp(seconds: float, shape: Literal["sine", "square"] = "sine") -> Audio:
    """Chirp like a bird."""
    wave = np.sin(np.linspace(0, 900 * seconds, int(8000 * seconds), dtype=np.float32))
    return Audio(np.sign(wave) if shape == "square" else wave, 8000)


def describe(model: str, config: dict[str, int], self: int | None = None, schema: bool = False) -> dict[str, object]:
    """Describe a gearbox."""
    return {"model": model, "config": config, "self": self, "schema": schema}


def explode(text: str) -> str:
    """Explode."""
    raise RuntimeError(f"no {text}")


def sleep(text: str) -> str:
    """Sleep a while."""
    time.sleep(2)
    return text


def undocumented(text: str) -> str:
    return text


def collage(images: list[Image.Image], caption: str = "") -> tuple[list[Image.Image], dict[str, object]]:
    """Arrange pictures as a collage, and as a small copy of it."""
    wide = Image.new("RGB", (sum(each.width for each in images), max(each.height for each in images)))
    for number, each in enumerate(images):
        wide.paste(each, (number * images[0].width, 0))
    return [wide, wide.reduce(2)], {"caption": caption, "made": Path("by hand")}


def serve_mcp(port: int | None) -> None:
    """Over HTTP, or over stdio where no port is given."""
    from mcp.server.mcpserver import Image as McpImage
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("strangers")

    @server.tool()
    def vowels(text: str) -> int:
        """Count the vowels of a text."""
        return sum(letter in "aeiou" for letter in text)

    @server.tool()
    def swatch(colour: str, width: int = 32) -> McpImage:
        """Make an image of one colour: a swatch."""
        buffer = io.BytesIO()
        Image.new("RGB", (width, 8), colour).save(buffer, "PNG")
        return McpImage(data=buffer.getvalue(), format="png")

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

    server.run("stdio") if port is None else server.run("streamable-http", port=port)


def serve_gradio(port: int) -> None:
    import gradio as gr

    def pixelate(image: NDArray[np.uint8], size: float) -> tuple[NDArray[np.uint8], str]:
        """Pixelate a picture."""
        step = int(size)
        return np.repeat(np.repeat(image[::step, ::step], step, 0), step, 1), f"blocks of {step}"

    def whisper(text: str) -> str:
        """Whisper a text."""
        if text == "fail":
            raise gr.Error("cannot whisper that")
        return text.lower()

    with gr.Blocks(analytics_enabled=False) as app:
        picture, size, words = gr.Image(), gr.Slider(1, 32, 8, label="Size of a block"), gr.Textbox()
        gr.Button().click(pixelate, [picture, size], [picture, words])
        gr.Button().click(whisper, [words], [words])
    app.launch(quiet=True, server_name="127.0.0.1", server_port=port)


@contextmanager
def listening(kind: Literal["mcp", "gradio"]) -> Iterator[str]:
    """A process of the MCP server or of the Gradio app, on loopback; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.strangers", kind, str(port)]
    root = Path(__file__).parent.parent
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/{'mcp' if kind == 'mcp' else ''}"
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["mcp", port]:
            serve_mcp(int(port))
        case ["gradio", port]:
            serve_gradio(int(port))
        case _:
            serve_mcp(None)
