"""A Gradio app that others may run: every kind of component, and endpoints that misbehave.

``LOGIN`` (user:password) in its environment asks for a login; ``DEMANDS`` for that as ``x-hf-authorization``.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def pixelate(image: Pixels, size: float) -> tuple[Pixels, str]:
    """Pixelate a picture."""
    step = int(size)
    return np.repeat(np.repeat(image[::step, ::step], step, 0), step, 1), f"blocks of {step}"


def whisper(text: str) -> str:
    """Whisper a text."""
    if text == "fail":
        raise gr.Error("cannot whisper that")
    return text.lower()


def greet(name: str, language: str, style: str, loud: bool, times: int, extras: list[str]) -> str:
    """Greet somebody by name."""
    word = {"English": "Hello", "French": "Bonjour", "German": "Guten Tag"}[language]
    said = ", ".join([word] * times) + f" {name}" + "".join(f" ({each})" for each in extras)
    return f"{style}: {said.upper() if loud else said}"


def frame(pictures: list[tuple[Pixels, str | None]]) -> list[Pixels]:
    """Frame some pictures."""
    return [np.pad(picture, ((2, 2), (2, 2), (0, 0))) for picture, _ in pictures]


def flip(video: str) -> str:
    """Flip a film."""
    return video


def hush(audio: tuple[int, NDArray[np.int16]]) -> tuple[int, NDArray[np.int16]]:
    """Hush a recording."""
    rate, samples = audio
    return rate, (samples // 2).astype(np.int16)


def transpose(table: Any) -> list[list[Any]]:  # noqa: ANN401 - a pandas DataFrame
    """Transpose a table."""
    return [list(map(str, column)) for column in table.T.values]


def invert(facts: dict[str, Any]) -> dict[str, str]:
    """Invert a mapping."""
    return {str(value): key for key, value in facts.items()}


def judge(text: str) -> dict[str, float]:
    """Judge a poem."""
    return {"good": 0.75, "bad": 0.25} if "rose" in text else {"good": 0.1, "bad": 0.9}


def circle(image: Pixels) -> tuple[Pixels, list[tuple[tuple[int, int, int, int], str]]]:
    """Circle what matters."""
    return image, [((1, 1, 9, 9), "corner")]


def shout(document: str) -> str:
    """Shout a document."""
    path = Path(document).with_name("shouted.txt")
    path.write_text(Path(document).read_text().upper())
    return str(path)


def census(document: str) -> int:
    """Take a census of the rows."""
    return len(Path(document).read_text().splitlines()) - 1


def retouch(picture: dict[str, Any]) -> Pixels:
    """Retouch a portrait."""
    return np.asarray(Image.fromarray(picture["composite"]).convert("L"))


def gossip(message: dict[str, Any]) -> str:
    """Gossip with a neighbour."""
    return f"Did you hear {message['text']}?"


def render(model: str) -> str:
    """Render a model."""
    return model


def sculpt(text: str) -> tuple[str, None]:
    """Sculpt a figure."""
    return f"a {text} of clay", None


def dawdle(text: str, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008 - how Gradio wants it
    """Dawdle on the way."""
    for step in range(4 if text == "briefly" else 600):
        progress((step, 4))
        time.sleep(0.5)
    return text


def mislead(kind: str) -> object:
    """Mislead the visitor."""
    links = {
        "private": "http://169.254.169.254/latest.png",
        "here": f"file://{__file__}",
        "path": None,
        "page": f"http://127.0.0.1:{sys.argv[1]}/config",
    }
    return {"path": __file__, "url": links[kind], "orig_name": "x.png", "meta": {"_type": "gradio.FileData"}}


def perish(text: str) -> str:
    """Perish in mid-call."""
    os._exit(3)


def build() -> gr.Blocks:
    text, image = gr.Textbox, gr.Image
    languages = gr.Dropdown(["English", "French", "German"], value="English", label="Language")
    style = gr.Radio(["plain", "ornate"], value="plain", label="Style")
    times = gr.Number(1, minimum=1, maximum=5, precision=0, label="How often")
    some = gr.CheckboxGroup(["kiss", "bow"], value=[], label="Extras")
    with gr.Blocks(analytics_enabled=False) as app:
        endpoints: list[tuple[Any, Any, Any]] = [
            (pixelate, [image(), gr.Slider(1, 32, 8, label="Size of a block")], [image(), text()]),
            (whisper, [text()], [text()]),
            (greet, [text(), languages, style, gr.Checkbox(label="Loud"), times, some], [text()]),
            (frame, [gr.Gallery(type="numpy")], [gr.Gallery()]),
            (flip, [gr.Video()], [gr.Video()]),
            (hush, [gr.Audio()], [gr.Audio()]),
            (transpose, [gr.Dataframe()], [gr.Dataframe()]),
            (invert, [gr.JSON()], [gr.JSON()]),
            (judge, [text()], [gr.Label()]),
            (circle, [image()], [gr.AnnotatedImage()]),
            (shout, [gr.File()], [gr.File()]),
            (census, [gr.File(file_types=[".csv"])], [gr.Number()]),
            (retouch, [gr.ImageEditor()], [image()]),
            (gossip, [gr.MultimodalTextbox()], [text()]),
            (render, [gr.Model3D()], [text()]),
            (sculpt, [text()], [text(), gr.Model3D()]),
            (dawdle, [text()], [text()]),
            (mislead, [text()], [gr.JSON()]),
            (perish, [text()], [text()]),
        ]
        for function, inputs, outputs in endpoints:
            for each in [*inputs, *outputs]:
                each.unrender()
                each.render()
            gr.Button().click(function, inputs, outputs)
    return app


if __name__ == "__main__":
    user, _, password = os.environ.get("LOGIN", "").partition(":")
    page = build()
    app, _, _ = page.launch(
        quiet=True,
        server_name="127.0.0.1",
        server_port=int(sys.argv[1]),
        auth=(user, password) if user else None,
        prevent_thread_lock=True,
    )
    if demanded := os.environ.get("DEMANDS"):
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse

        class Guard:
            def __init__(self, inner: Any) -> None:  # noqa: ANN401 - an ASGI app
                self.inner = inner

            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
                if scope["type"] == "http" and Request(scope).headers.get("x-hf-authorization") != demanded:
                    await PlainTextResponse("not found", 404)(scope, receive, send)
                else:
                    await self.inner(scope, receive, send)

        app.middleware_stack = Guard(app.middleware_stack or app.build_middleware_stack())
    page.block_thread()
