"""What models found, drawn so that people can see it."""

import colorsys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
_GOLDEN = 0.618034  # steps of the golden ratio around the colour circle keep neighbours apart

# COCO's 17 keypoints by index, joined as limbs of a body
LIMBS = (
    (5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
    (0, 1), (0, 2), (1, 3), (2, 4),
)  # fmt: skip
# OpenPose's 18: COCO's points in its order; index 1, the neck, lies between the shoulders
_OPENPOSE = (0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
_OPENPOSE_LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip


def colour(index: int) -> Colour:
    """A bright colour of its own for each number."""
    red, green, blue = colorsys.hsv_to_rgb(index * _GOLDEN % 1, 0.85, 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def boxes(image: Image.Image, detections: Sequence[Mapping[str, Any]]) -> Image.Image:
    """A copy with every ``{"label", "score", "box"}`` framed and named, a colour for each label."""
    drawn = image.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    size = max(12, min(image.size) // 28)
    font, labels = ImageFont.load_default(size), sorted({entry["label"] for entry in detections})
    for entry in detections:
        box, paint = entry["box"], colour(labels.index(entry["label"]))
        pen.rectangle((box["xmin"], box["ymin"], box["xmax"], box["ymax"]), outline=paint, width=max(2, size // 6))
        words = f"{entry['label']} {entry['score']:.0%}" if "score" in entry else str(entry["label"])
        corner = (box["xmin"], max(0, box["ymin"] - size))
        pen.rectangle(pen.textbbox(corner, words, font), fill=paint)
        pen.text(corner, words, fill="black", font=font)
    return drawn


def masks(size: tuple[int, int], regions: Sequence[NDArray[np.bool_]], colours: Sequence[Colour]) -> Image.Image:
    """A flat map: each mask in its colour on black, smaller masks over larger ones."""
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    for mask, paint in sorted(zip(regions, colours, strict=True), key=lambda pair: -int(pair[0].sum())):
        canvas[mask] = paint
    return Image.fromarray(canvas)


def overlay(image: Image.Image, painted: Image.Image) -> Image.Image:
    """A flat map laid half transparent over its image; black stays clear."""
    clear = np.asarray(painted).any(axis=2, keepdims=True)
    below = np.asarray(image.convert("RGB")).astype(np.float32)
    return Image.fromarray(np.where(clear, below * 0.45 + np.asarray(painted) * 0.55, below).astype(np.uint8))


def grey(values: NDArray[np.float32]) -> Image.Image:
    """Numbers as shades, the largest white."""
    span = float(np.ptp(values)) or 1.0
    return Image.fromarray(((values - values.min()) * (255 / span)).astype(np.uint8)).convert("RGB")


def heat(shades: Image.Image) -> Image.Image:
    """A grey image from blue (dark, far) over green to red (bright, near)."""
    level = np.asarray(shades.convert("L"), dtype=np.float32) / 255
    channels = [np.clip(1.5 - np.abs(4 * level - peak), 0, 1) for peak in (3, 2, 1)]
    return Image.fromarray((np.stack(channels, axis=-1) * 255).astype(np.uint8))


def points(image: Image.Image, people: Sequence[Sequence[Mapping[str, float]]], *, joined: bool) -> Image.Image:
    """A copy with the keypoints of each person, or of the image, dotted and perhaps joined to limbs."""
    drawn = image.convert("RGB")
    pen, radius = ImageDraw.Draw(drawn), max(2, min(image.size) // 150)
    for index, person in enumerate(people):
        places = [(point["x"], point["y"]) for point in person]
        for a, b in LIMBS if joined and len(places) == 17 else ():
            pen.line([places[a], places[b]], fill=colour(index), width=radius)
        for x, y in places:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour(index + 3))
    return drawn


def skeleton(size: tuple[int, int], people: Sequence[Sequence[Mapping[str, float]]], sure: float = 0.3) -> Image.Image:
    """People as OpenPose draws them on black, for ControlNets; points less sure than that are left out."""
    drawn = Image.new("RGB", size)
    pen, width = ImageDraw.Draw(drawn), max(2, min(size) // 100)
    for person in people:
        places = _openpose([(p["x"], p["y"]) if p["score"] >= sure else None for p in person])
        for index, (a, b) in enumerate(_OPENPOSE_LIMBS):
            start, end = places[a], places[b]
            if start and end:
                pen.line([start, end], fill=_rainbow(index, 0.6), width=width)
        for index, place in enumerate(places):
            if place:
                x, y = place
                pen.ellipse((x - width, y - width, x + width, y + width), fill=_rainbow(index, 1))
    return drawn


def _openpose(coco: Sequence[tuple[float, float] | None]) -> list[tuple[float, float] | None]:
    left, right = coco[5], coco[6]
    neck = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2) if left and right else None
    return [neck if index is None else coco[index] for index in _OPENPOSE]


def _rainbow(index: int, brightness: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(index / 18, 1, brightness)
    return round(red * 255), round(green * 255), round(blue * 255)
