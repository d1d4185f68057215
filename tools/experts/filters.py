"""Classic picture filters by OpenCV and Pillow: what can be done to a picture without inventing anything in it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from tools.errors import InputError, ModelUnavailable
from tools.experts.geometry import GEOMETRY, Transform
from tools.experts.wording import clauses, format_of, report
from tools.files.media import TRANSPARENT
from tools.protocol import Output
from tools.settings import settings

_Filter = Callable[[Image.Image], Image.Image]


def apply(image: Image.Image, text: str | None = None) -> Output:
    """The picture after everything that the text names, in its order; with no text, clearer: more contrast, sharper.

    What was transparent stays so. A format that the text names ("as JPEG") is the format of the file.

    Raises:
        InputError: it would become too large.
        ModelUnavailable: nothing in the text can be done here; it may need a generative model.
    """
    layer: Image.Image | None = image.info.get(TRANSPARENT)
    picture, alpha = (layer.convert("RGB"), layer.getchannel("A")) if layer else (image, None)
    done, left, ending = list[str](), list[str](), format_of(text or "")
    for clause in clauses(text or "enhance"):
        coloured, moved = _colours(clause), _moves(clause, picture.size)
        for _, step in coloured:
            size = picture.size
            picture = step(picture)
            alpha = alpha.resize(picture.size) if alpha and picture.size != size else alpha
        for _, step in moved:
            picture, alpha = step(picture), step(alpha) if alpha else None
        done += [name for name, _ in (*coloured, *moved)]
        left += [] if coloured or moved else [clause]
    if not (done or ending):
        raise ModelUnavailable(f"The built-in filters cannot do “{text}”; they can do: {', '.join(ABLE)}.")
    if alpha:
        picture.putalpha(alpha)
    words = report(done or [f"saved as {(ending or '.png')[1:].upper()}"], left)
    return Output(words, {"filters": done, "left_out": left}, (picture,), format=ending)


def understands(text: str) -> bool:
    """Whether every part of an instruction can be followed here."""
    parts = clauses(text)
    return all(map(_known, parts)) and bool(parts or format_of(text))


def helps_with(text: str) -> bool:
    """Whether some part of an instruction can be followed here."""
    return any(map(_known, clauses(text))) or bool(format_of(text))


def _known(clause: str) -> bool:
    return bool(_colours(clause)) or any(pattern.search(clause) for pattern, _ in GEOMETRY)


def _colours(clause: str) -> list[tuple[str, _Filter]]:
    """The filters that a clause names, once each."""
    for fault, cure in _FAULTS.items():
        clause = clause.replace(fault, cure)
    return list(
        {name: (name, step) for words, (name, step) in _FILTERS.items() if any(w in clause for w in words)}.values()
    )


def _moves(clause: str, size: tuple[int, int]) -> list[tuple[str, Transform]]:
    """How the clause has the picture turned, cut or scaled."""
    return [plan(match, size) for pattern, plan in GEOMETRY if (match := pattern.search(clause))]


def _array(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image, np.uint8)


def _picture(pixels: object) -> Image.Image:
    return Image.fromarray(np.asarray(pixels, np.uint8)).convert("RGB")


def _clearer(image: Image.Image) -> Image.Image:
    """Local contrast (CLAHE on lightness alone, so that colours stay), then sharpness."""
    import cv2

    lab = cv2.cvtColor(_array(image), cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=1.5, tileGridSize=(8, 8)).apply(lab[..., 0])
    return _sharper(_picture(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)))


def _sharper(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.UnsharpMask(radius=2, percent=120, threshold=2))


def _larger(image: Image.Image) -> Image.Image:
    """Twice the size by Lanczos: smooth, but with no detail that was not there."""
    if 4 * image.width * image.height > settings().max_pixels:
        raise InputError("The picture is too large to be enlarged; give a smaller one.")
    doubled = image.resize((image.width * 2, image.height * 2), Image.Resampling.LANCZOS)
    return doubled.filter(ImageFilter.UnsharpMask(radius=2, percent=60, threshold=2))


def _cleaner(image: Image.Image) -> Image.Image:
    import cv2

    return _picture(cv2.fastNlMeansDenoisingColored(_array(image), None, 7, 7, 7, 21))


def _smoothed(image: Image.Image) -> NDArray[np.uint8]:
    """Flat areas with sharp borders: a bilateral filter, twice."""
    import cv2

    pixels = _array(image)
    for _ in range(2):
        pixels = np.asarray(cv2.bilateralFilter(pixels, 9, 60, 9), np.uint8)
    return pixels


def _cartoon(image: Image.Image) -> Image.Image:
    import cv2

    grey = cv2.medianBlur(_array(image.convert("L")), 5)
    lines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4)
    flat = _smoothed(image) // 32 * 32 + 16
    return _picture(np.where(lines[..., None] > 0, flat, 0))


def _pencil(image: Image.Image) -> Image.Image:
    """Colour dodge: the grey picture divided by its blurred negative."""
    import cv2

    grey = _array(image.convert("L"))
    light = grey.astype(np.float32) + 20  # so that black areas stay calm
    return _picture(np.clip(light / cv2.GaussianBlur(light, (21, 21), 0) * 245, 0, 255))


# A complaint names what is to be undone.
_FAULTS = {"too dark": "brighten", "too bright": "darken", "blurry": "sharpen", "fuzzy": "sharpen",
           "out of focus": "sharpen", "too small": "enlarge"}  # fmt: skip
_FILTERS: dict[tuple[str, ...], tuple[str, _Filter]] = {
    ("denois", "noise", "grain", "restor", "clean"): ("noise removed", _cleaner),
    ("enhanc", "improv", "contrast", "restor", "clear", "better", "retouch"): (
        "contrast and sharpness raised",
        _clearer,
    ),
    ("sharp", "crisp"): ("sharpened", _sharper),
    ("upscal", "enlarg", "resolution", "bigger", "larger", "double", "twice"): ("enlarged twofold", _larger),
    ("bright", "lighten", "lighter"): ("brightened", lambda image: ImageEnhance.Brightness(image).enhance(1.3)),
    ("dark",): ("darkened", lambda image: ImageEnhance.Brightness(image).enhance(0.75)),
    ("gray", "grey", "black and white", "black & white", "b&w", "monochrome"): (
        "grey",
        lambda image: image.convert("L").convert("RGB"),
    ),
    ("sepia", "vintage"): ("sepia", lambda image: ImageOps.colorize(image.convert("L"), "#2a1608", "#fff0d0")),
    ("blur", "soften"): ("blurred", lambda image: image.filter(ImageFilter.GaussianBlur(max(image.size) / 120))),
    ("invert", "negative"): ("inverted", ImageOps.invert),
    ("cartoon", "comic"): ("cartoon", _cartoon),
    ("pencil", "sketch", "drawing"): ("pencil drawing", _pencil),
}

ABLE = (*dict.fromkeys(name for name, _ in _FILTERS.values()), "turned", "mirrored", "cropped", "scaled")
