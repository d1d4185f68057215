"""Printed text by RapidOCR: PP-OCR models on ONNX Runtime, shipped inside the wheel."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from tools.errors import BadOutput
from tools.files.reading_order import Line, rows
from tools.protocol import Output

if TYPE_CHECKING:
    from rapidocr import RapidOCR
    from rapidocr.utils.output import RapidOCROutput

_PALE = 100  # grey levels between paper and ink below which a picture is too dark or too pale to be read as it is
_HIGHEST = 2000  # pixels that RapidOCR looks at without making them fewer
_UNSURE = 0.8  # mean confidence below which a sharper copy is tried, too


def read(image: Image.Image) -> Output:
    """The text in reading order; data holds every line with its box (x, y pairs) and confidence in [0, 1].

    The picture may be tilted, on its side or upside down, dark, pale or a little out of focus.
    """
    best = max(_attempts(image), key=_worth, default=[])
    if not best:
        raise BadOutput("No printed text was found in the image.")
    ordered = rows(best, image, _upside_down)
    text = "\n".join(" ".join(line["text"] for line in row) for row in ordered)
    lines = [line for row in ordered for line in row]
    return Output(text=text, data={"confidence": round(_mean(lines), 3), "lines": lines})


def _attempts(image: Image.Image) -> list[list[Line]]:
    """What is read in the picture, and in a sharper copy where that is little."""
    unsharpened = _lines(_lit(image))
    if unsharpened and _mean(unsharpened) >= _UNSURE:
        return [unsharpened]
    return [unsharpened, _lines(_lit(image).filter(ImageFilter.UnsharpMask(radius=5, percent=250, threshold=0)))]


def _worth(lines: list[Line]) -> float:
    return float(sum(line["confidence"] * len(line["text"]) for line in lines))


def _mean(lines: list[Line]) -> float:
    return float(sum(line["confidence"] for line in lines) / len(lines))


def _lit(image: Image.Image) -> Image.Image:
    """The picture; one without contrast with all that it can have, its noise smoothed first."""
    low, high = np.percentile(np.asarray(image.convert("L")), (1, 99))
    if high - low >= _PALE:
        return image
    return ImageOps.autocontrast(image.convert("L").filter(ImageFilter.MedianFilter(5)), cutoff=1).convert("RGB")


def _lines(image: Image.Image) -> list[Line]:
    return [line for top, part in _parts(image) for line in _read(part, top)]


def _parts(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """A long picture, such as pages under each other, cut between lines: RapidOCR makes what is too high smaller."""
    top, step = 0, max(_HIGHEST, round(1.5 * image.width))
    restless = np.asarray(image.convert("L"), np.float32).std(axis=1)
    while image.height - top > step:
        quiet = top + step // 2 + int(restless[top + step // 2 : top + step].argmin())
        yield top, image.crop((0, top, image.width, quiet))
        top = quiet
    yield top, image.crop((0, top, image.width, image.height)) if top else image


def _read(image: Image.Image, top: int) -> list[Line]:
    # RapidOCR expects BGR, as OpenCV does; all three stages run, so the output is the full one
    output = cast("RapidOCROutput", _engine()(_bgr(image), use_det=True, use_cls=True, use_rec=True))
    if output.txts is None or output.scores is None or output.boxes is None:
        return []
    boxes = output.boxes + np.array([0, top])
    return [_line(*fields) for fields in zip(output.txts, output.scores, boxes, strict=True)]


def _upside_down(lines: list[Image.Image]) -> bool:
    """Whether most of these pictures of lines stand on their heads."""
    outputs: list[Any] = [_engine()(_bgr(line), use_det=False, use_cls=True, use_rec=False) for line in lines]
    turned = [output.cls_res[0][0] == "180" for output in outputs]
    return bool(sum(turned) * 2 > len(turned))


def _bgr(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.convert("RGB"))[:, :, ::-1]


@cache
def _engine() -> "RapidOCR":
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error"})


def _line(text: str, score: float, box: NDArray[np.float32]) -> Line:
    return {"text": text, "confidence": round(float(score), 3), "box": box.round().astype(int).tolist()}
