"""What models found, in the field's own form, as words, data and pictures: the same wherever the model ran."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.files import drawing
from tools.protocol import Output

Entries = Sequence[Mapping[str, Any]]


def labelled(scores: Entries, top: int = 5) -> Output:
    """Classes with their scores, best first: ``[{"label", "score"}]``."""
    best = sorted(scores, key=lambda entry: -entry["score"])[:top]
    data = [{"label": str(entry["label"]), "score": round(float(entry["score"]), 4)} for entry in best]
    return Output(", ".join(f"{entry['label']} ({entry['score']:.2f})" for entry in data[:3]), data)


def average(parts: Sequence[Entries], weights: Sequence[int]) -> list[dict[str, Any]]:
    """Scores of the parts of an input, ``[{"label", "score"}]`` each, as scores of the whole."""
    total: dict[str, float] = defaultdict(float)
    for result, weight in zip(parts, weights, strict=True):
        for entry in result:
            total[entry["label"]] += entry["score"] * weight / sum(weights)
    return [{"label": label, "score": score} for label, score in total.items()]


def counted(entries: Entries, what: str = "object") -> str:
    """Such as ``3 objects: 2 cat, 1 dog``."""
    kinds = ", ".join(f"{count} {label}" for label, count in Counter(str(e["label"]) for e in entries).most_common())
    return f"{len(entries)} {what}{'' if len(entries) == 1 else 's'}" + (f": {kinds}" if kinds else "")


def detected(image: Image.Image, entries: Entries) -> Output:
    """``[{"label", "score", "box": {"xmin", "ymin", "xmax", "ymax"}}]`` in pixels: counted, and framed in the image."""
    best = sorted(entries, key=lambda entry: -entry["score"])
    data = [{**entry, "score": round(float(entry["score"]), 4)} for entry in best]
    return Output(counted(data), data, (drawing.boxes(image, data),))


def segmented(image: Image.Image, entries: Entries, paints: Sequence[drawing.Colour] | None = None) -> Output:
    """``[{"label", "score", "mask"}]``, masks of the image's size: the flat map, then the same over the image."""
    areas = [_area(entry["mask"], image.size) for entry in entries]
    flat = drawing.masks(image.size, areas, paints or [drawing.colour(index) for index in range(len(areas))])
    data = [
        {
            "label": entry.get("label") or "mask",
            "score": _rounded(entry.get("score")),
            "area": round(float(a.mean()), 4),
        }
        for entry, a in zip(entries, areas, strict=True)
    ]
    return Output(counted(data, "region"), data, (flat, drawing.overlay(image, flat)))


def vector(values: NDArray[np.floating[Any]]) -> Output:
    """One vector: of several, such as one a token, the mean."""
    flat = values.reshape(-1, values.shape[-1]).mean(axis=0)
    return Output(f"a vector of {len(flat)} numbers", [round(float(value), 6) for value in flat])


def _area(mask: Image.Image | NDArray[Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    if isinstance(mask, Image.Image):
        mask = mask.convert("L") if mask.size == size else mask.convert("L").resize(size, Image.Resampling.NEAREST)
    return np.asarray(mask) > 0


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(float(score), 4)
