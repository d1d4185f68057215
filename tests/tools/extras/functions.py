"""Functions that others may offer, for the tests of added task types."""

import asyncio
import threading
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from langchain_core.tools import tool
from PIL import Image, ImageOps
from pydantic import Field

from tools.protocol import Audio

EXAMPLE = "no function"
WAITS, WAITED = threading.Event(), threading.Event()  # what goes on in `wait`


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


async def wait(text: str) -> str:
    """Wait for ever."""
    WAITS.set()
    try:
        await asyncio.Event().wait()
    finally:
        WAITED.set()
    return text


def undocumented(text: str) -> str:
    return text


def collage(images: list[Image.Image], caption: str = "") -> tuple[list[Image.Image], dict[str, object]]:
    """Arrange pictures as a collage, and as a small copy of it."""
    wide = Image.new("RGB", (sum(each.width for each in images), max(each.height for each in images)))
    for number, each in enumerate(images):
        wide.paste(each, (number * images[0].width, 0))
    return [wide, wide.reduce(2)], {"caption": caption, "made": Path("by hand")}


class Tone(Enum):
    WARM = "warm"
    COLD = "cold"


@tool
def tint(tone: Tone, strength: Annotated[int, Field(ge=1, le=9)] = 5, note: str | None = None) -> str:
    """Tint the room.

    Args:
        tone: what the light is like
        note (str): what to write beside it
    """
    assert isinstance(tone, Tone)
    return f"{tone.name} {strength} {note}"


def whistle(pitch: int) -> str:
    """Whistle a tune."""
    return f"whistled at {pitch}"
