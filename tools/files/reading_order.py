"""The order in which lines of print are read, on a page that may be tilted, on its side or upside down."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Line = dict[str, Any]  # {"text", "confidence", "box": four (x, y) in pixels}
_LONG = 2.0  # times as long as high: shorter words do not tell their direction
_JUDGED = 5  # lines that are looked at to tell whether the page is upside down


def rows(
    lines: Sequence[Line], page: Image.Image, upside_down: Callable[[list[Image.Image]], bool]
) -> list[list[Line]]:
    """The lines in rows from top to bottom, each row from left to right, as they stand on the upright page.

    ``upside_down`` tells it of pictures of single lines.
    """
    angle = tilt(lines)
    boxes = _turned(lines, page, angle)
    if upside_down(_cut(boxes, page.rotate(angle, expand=True, fillcolor="white"))):
        angle += 180
        boxes = _turned(lines, page, angle)
    return _grouped(lines, boxes)


def tilt(lines: Sequence[Line]) -> float:
    """By how many degrees, counter-clockwise and in (-90, 90], the page must be turned for its lines to be level."""
    spans = [_span(line["box"]) for line in lines]
    long = [(across, length) for across, length, thick in spans if length > _LONG * thick]
    if not long:
        return 0.0
    angles = [np.degrees(np.arctan2(dy, dx)) for (dx, dy), _ in long]
    angles = [angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle for angle in angles]
    weighted = sorted(zip(angles, (length for _, length in long), strict=True))
    middle, passed = sum(length for _, length in weighted) / 2, 0.0
    for angle, length in weighted:
        passed += length
        if passed >= middle:
            return float(angle)
    return 0.0


def _span(box: Sequence[Sequence[float]]) -> tuple[tuple[float, float], float, float]:
    """The vector along a box's longer side, its length, and the length of the other."""
    corners = np.asarray(box, float)
    sides = corners[1] - corners[0], corners[2] - corners[1]
    lengths = [float(np.hypot(*side)) for side in sides]
    which = int(lengths[1] > lengths[0])
    return (float(sides[which][0]), float(sides[which][1])), lengths[which], lengths[1 - which]


def _turned(lines: Sequence[Line], page: Image.Image, angle: float) -> NDArray[np.float64]:
    """The boxes, shape (lines, 4, 2), on the page turned as PIL turns it, with all of it kept."""
    boxes, turn = np.array([line["box"] for line in lines], float), np.radians(angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = np.array([(0, 0), (page.width, 0), (0, page.height), page.size]) @ matrix.T
    return np.asarray(boxes @ matrix.T - corners.min(axis=0))


def _cut(boxes: NDArray[np.float64], page: Image.Image) -> list[Image.Image]:
    """Pictures of the longest lines."""
    longest = sorted(boxes, key=lambda box: -float(np.ptp(box[:, 0])))[:_JUDGED]
    return [page.crop((*box.min(axis=0).astype(int), *(box.max(axis=0) + 1).astype(int))) for box in longest]


def _grouped(lines: Sequence[Line], boxes: NDArray[np.float64]) -> list[list[Line]]:
    middles, heights, lefts = boxes[..., 1].mean(axis=1), np.ptp(boxes[..., 1], axis=1), boxes[..., 0].min(axis=1)
    grouped: list[list[int]] = []
    for number in np.argsort(middles):
        first = grouped[-1][0] if grouped else None
        if first is not None and abs(middles[number] - middles[first]) < 0.5 * heights[first]:
            grouped[-1].append(int(number))
        else:
            grouped.append([int(number)])
    return [[lines[number] for number in sorted(row, key=lambda index: lefts[index])] for row in grouped]
