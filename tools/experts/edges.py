"""Edge and line maps by OpenCV: white on black, of the picture's size, as ControlNets expect them."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.protocol import Output


def canny(image: Image.Image) -> Output:
    """Thin edges (Canny 1986)."""
    import cv2

    grey = cv2.GaussianBlur(np.asarray(image.convert("L")), (3, 3), 0)
    middle = float(np.median(grey))
    low, high = max(20.0, 0.67 * middle), max(60.0, min(240.0, 1.33 * middle))
    return _drawn(np.asarray(cv2.Canny(grey, low, high), np.uint8))


def soft(image: Image.Image) -> Output:
    """Soft edges: the strongest Scharr gradient of the three colours, scaled so that the top percent is white."""
    import cv2

    smooth = cv2.GaussianBlur(np.asarray(image), (5, 5), 0)
    across, down = (cv2.Scharr(smooth, cv2.CV_32F, *axes) for axes in ((1, 0), (0, 1)))
    strength = np.hypot(across, down).max(axis=2)
    top = max(float(np.percentile(strength, 99)), 1e-6)
    return _drawn(np.asarray(np.clip(strength / top, 0, 1) * 255, np.uint8))


def lines(image: Image.Image) -> Output:
    """Straight line segments; data holds them as (x1, y1, x2, y2)."""
    import cv2

    grey = np.asarray(image.convert("L"))
    detected = cv2.createLineSegmentDetector().detect(grey)[0]
    segments = np.zeros((0, 4)) if detected is None else detected.reshape(-1, 4)
    shortest = 0.02 * max(image.size)  # of the picture's longer side: shorter ones are texture
    segments = segments[np.hypot(*(segments[:, 2:] - segments[:, :2]).T) >= shortest]
    canvas = np.zeros(grey.shape, np.uint8)
    for x1, y1, x2, y2 in segments.round().astype(int).tolist():
        cv2.line(canvas, (x1, y1), (x2, y2), 255, 1, cv2.LINE_AA)
    words = f"{len(segments)} straight lines"
    return Output(words, {"lines": segments.astype(float).round(1).tolist()}, (Image.fromarray(canvas).convert("RGB"),))


def _drawn(edges: NDArray[np.uint8]) -> Output:
    share = round(float((edges > 0).mean()), 4)
    return Output(data={"edge_share": share}, media=(Image.fromarray(edges).convert("RGB"),))
