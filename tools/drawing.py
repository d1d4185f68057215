"""What models found in a picture, drawn so that people can see it."""

import colorsys
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
_GOLDEN = 0.618034  # steps of the golden ratio around the colour circle keep neighbours apart


def colour(index: int) -> Colour:
    """A bright colour of its own for each number."""
    red, green, blue = colorsys.hsv_to_rgb(index * _GOLDEN % 1, 0.85, 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def boxes(image: Image.Image, found: Sequence[Mapping[str, Any]]) -> Image.Image:
    """A copy with every ``{"label", "score", "box"}`` framed and named, one colour for each label.

    A score of None is one the model does not tell.
    """
    drawn = image.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    size = max(12, min(image.size) // 28)
    font, labels = ImageFont.load_default(size), sorted({entry["label"] for entry in found})
    for entry in found:
        box, paint = entry["box"], colour(labels.index(entry["label"]))
        pen.rectangle((box["xmin"], box["ymin"], box["xmax"], box["ymax"]), outline=paint, width=max(2, size // 6))
        words = entry["label"] if entry["score"] is None else f"{entry['label']} {entry['score']:.0%}"
        corner = (box["xmin"], max(0, box["ymin"] - size))
        pen.rectangle(pen.textbbox(corner, words, font), fill=paint)
        pen.text(corner, words, fill="black", font=font)
    return drawn
