"""Pictures turned, cut and scaled, as words ask for it: each step takes a picture of any mode and the words' match."""

import re
from collections.abc import Callable

from PIL import Image, ImageChops, ImageOps

from tools.errors import InputError
from tools.settings import settings

Transform = Callable[[Image.Image], Image.Image]
Edit = Callable[[re.Match[str], tuple[int, int]], tuple[str, Transform]]  # what is done in words, and how, for a size


def _turn(match: re.Match[str], _: tuple[int, int]) -> tuple[str, Transform]:
    words = match[0]
    number = re.search(r"\d+(?:\.\d+)?", words)
    degrees = float(number[0]) if number else 180.0 if re.search(r"upside|head", words) else 90.0
    left = re.search(r"left|counter|anti", words) is not None
    side = "" if degrees == 180 else " to the left" if left else " to the right"
    angle = degrees if left else -degrees
    return f"turned by {degrees:g}°{side}", lambda image: image.rotate(
        angle, expand=True, resample=Image.Resampling.BICUBIC if degrees % 90 else Image.Resampling.NEAREST,
        fillcolor=None if image.mode in {"RGBA", "L"} else "white",
    )  # fmt: skip


def _mirror(match: re.Match[str], _: tuple[int, int]) -> tuple[str, Transform]:
    if "vertical" in match[0]:
        return "flipped from top to bottom", ImageOps.flip
    return "mirrored from left to right", ImageOps.mirror


def _size(match: re.Match[str], size: tuple[int, int]) -> tuple[str, Transform]:
    width, height = _wanted(match, size)
    if not 1 <= width * height <= settings().max_pixels:
        raise InputError(f"A picture of {width} x {height} pixels is beyond what can be made here.")
    return f"scaled to {width} x {height} pixels", lambda image: image.resize((width, height), Image.Resampling.LANCZOS)


def _wanted(match: re.Match[str], size: tuple[int, int]) -> tuple[int, int]:
    """Width and height in pixels; what is not said follows from the picture's shape."""
    said, (width, height) = match.groupdict(), size
    if said["across"]:
        return int(said["across"]), int(said["down"])
    if said["one"]:
        length = int(said["one"])
        tall = bool(said["axis"]) and said["axis"].startswith(("h", "t"))
        return (
            (max(1, round(length * width / height)), length)
            if tall
            else (length, max(1, round(length * height / width)))
        )
    factor = float(said["percent"]) / 100 if said["percent"] else float(said["times"]) if said["times"] else 0.5
    return max(1, round(width * factor)), max(1, round(height * factor))


def _crop(match: re.Match[str], size: tuple[int, int]) -> tuple[str, Transform]:
    words, (width, height) = match[0], size
    if re.search(r"border|margin|edges? away", words):
        return "cropped to what is not border", _trimmed
    half = re.search(r"\b(top|upper|bottom|lower|left|right)\b", words)
    if half:
        return f"cropped to the {half[1]} half", lambda image: image.crop(_half(half[1], size))
    numbers = re.search(r"(\d+)\s*(?:x|\u00d7|by)\s*(\d+)", words)
    wanted = (min(width, int(numbers[1])), min(height, int(numbers[2]))) if numbers else (min(size),) * 2
    left, top = (width - wanted[0]) // 2, (height - wanted[1]) // 2
    box = (left, top, left + wanted[0], top + wanted[1])
    return f"cropped to {wanted[0]} x {wanted[1]} pixels around the middle", lambda image: image.crop(box)


def _half(side: str, size: tuple[int, int]) -> tuple[int, int, int, int]:
    width, height = size
    boxes = {
        "top": (0, 0, width, height // 2),
        "bottom": (0, height // 2, width, height),
        "left": (0, 0, width // 2, height),
        "right": (width // 2, 0, width, height),
    }
    return boxes[{"upper": "top", "lower": "bottom"}.get(side, side)]


def _trimmed(image: Image.Image) -> Image.Image:
    """Without the border that has the colour of the first pixel."""
    backdrop = Image.new(image.mode, image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, backdrop).convert("L").point(lambda value: 255 if value > 16 else 0).getbbox()
    return image.crop(box) if box else image


GEOMETRY: tuple[tuple[re.Pattern[str], Edit], ...] = tuple(
    (re.compile(pattern), plan)
    for pattern, plan in (
        (r".*(?:\brotat|\bturn(?!\w* (?:it |this )?(?:black|grey|gray|into))|upside down|on its head).*", _turn),
        (r".*\b(?:mirror|flip)\b.*", _mirror),
        (r".*(?:\bcrop|\btrim|\bcut\b).*|square$", _crop),
        (
            r"(?P<across>\d+)\s*(?:x|\u00d7)\s*(?P<down>\d+)"
            r"|(?P<one>\d+)\s*(?:px|pixels?)(?: (?:in )?(?P<axis>wide|width|high|height|tall))?"
            r"|(?:to|by)? ?(?P<percent>\d+(?:\.\d+)?)\s*(?:%|percent)"
            r"|(?P<times>\d+(?:\.\d+)?)\s*(?:x|times) (?:the size|as|larger|bigger)"
            r"|half (?:the|its|of the)? ?size|\bsmaller\b|\bshrink|\bhalve",
            _size,
        ),
    )
)
