"""Faces seen from the front, by scikit-image's cascade of local binary patterns."""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from tools.files.drawing import boxes
from tools.protocol import Output

if TYPE_CHECKING:
    from skimage.feature import Cascade

_SIDE = 512  # pixels of the longer side searched: the time grows with the area, false alarms too
_AGREEMENT = 8  # overlapping hits that make a face
Box = tuple[float, float, float, float]  # left, top, right, bottom


def find(image: Image.Image) -> Output:
    """The faces in boxes, drawn and as data in the form of Hugging Face's object detection.

    A face must be found in the picture and in its mirror image, which removes most false alarms. The cascade
    tells no confidence; data holds how well the two boxes agree (intersection over union).
    """
    small = ImageOps.contain(image, (_SIDE, _SIDE)) if max(image.size) > _SIDE else image
    mirrored = [(small.width - x2, y1, small.width - x1, y2) for x1, y1, x2, y2 in _search(ImageOps.mirror(small))]
    agreed = [(face, max((_overlap(face, other) for other in mirrored), default=0)) for face in _search(small)]
    faces = [_entry(face, score, image.width / small.width) for face, score in agreed if score > 0.4]
    words = f"{len(faces) or 'No'} face{'s' if len(faces) != 1 else ''} found (only faces seen from the front)"
    return Output(words, faces, (boxes(image, faces),))


def _search(image: Image.Image) -> list[Box]:
    smallest = max(24, min(image.size) // 12)
    if min(image.size) < smallest:
        return []
    hits = _cascade().detect_multi_scale(
        img=np.asarray(image),
        scale_factor=1.1,
        step_ratio=1,
        min_size=(smallest, smallest),
        max_size=image.size,
        min_neighbor_number=_AGREEMENT,
    )
    return [(hit["c"], hit["r"], hit["c"] + hit["width"], hit["r"] + hit["height"]) for hit in hits]


@cache
def _cascade() -> "Cascade":
    from skimage import data
    from skimage.feature import Cascade

    path = data.lbp_frontal_face_cascade_filename()  # type: ignore[no-untyped-call]  # scikit-image types part of itself
    return Cascade(path)


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if min(width, height) <= 0:
        return 0.0
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (both - width * height)


def _entry(face: Box, score: float, scale: float) -> dict[str, Any]:
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), (round(side * scale) for side in face), strict=True))
    return {"label": "face", "agreement": round(score, 3), "box": box}
