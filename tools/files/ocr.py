"""Printed text by RapidOCR: PP-OCR models on ONNX Runtime, shipped inside the wheel."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from tools.errors import BadOutput
from tools.protocol import Output

if TYPE_CHECKING:
    from rapidocr import RapidOCR
    from rapidocr.utils.output import RapidOCROutput


def read(image: Image) -> Output:
    """The text in reading order; data holds every line with its box (x, y pairs) and confidence in [0, 1]."""
    # RapidOCR expects BGR, as OpenCV does; all three stages run, so the output is the full one
    found = cast("RapidOCROutput", _engine()(np.asarray(image)[:, :, ::-1]))
    if found.txts is None or found.scores is None or found.boxes is None:
        raise BadOutput("No printed text was found in the image.")
    rows = _rows([_line(*each) for each in zip(found.txts, found.scores, found.boxes, strict=True)])
    text = "\n".join(" ".join(line["text"] for line in row) for row in rows)
    lines = [line for row in rows for line in row]
    confidence = round(sum(line["confidence"] for line in lines) / len(lines), 3)
    return Output(text=text, data={"confidence": confidence, "lines": lines})


@cache
def _engine() -> "RapidOCR":
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error"})


def _line(text: str, score: float, box: NDArray[np.float32]) -> dict[str, Any]:
    return {"text": text, "confidence": round(float(score), 3), "box": box.round().astype(int).tolist()}


def _rows(lines: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Lines grouped into rows from top to bottom, each from left to right."""
    rows: list[list[dict[str, Any]]] = []
    for line in sorted(lines, key=_middle):
        if rows and abs(_middle(line) - _middle(rows[-1][0])) < 0.5 * _height(rows[-1][0]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: min(x for x, _ in line["box"])) for row in rows]


def _middle(line: dict[str, Any]) -> float:
    return sum(float(y) for _, y in line["box"]) / len(line["box"])


def _height(line: dict[str, Any]) -> float:
    ys = [float(y) for _, y in line["box"]]
    return max(ys) - min(ys)
