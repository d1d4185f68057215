"""The table of experts: what each does, which package holds it, and the function that runs it."""

import importlib.util
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version


@dataclass(frozen=True)
class Expert:
    """One row. ``entry`` is ``module:function`` in this package; the function takes the task's slots by name.

    ``package`` is what must be installed (its distribution's version is the revision), by the extra ``extra``.
    """

    task: str
    model: str
    package: str
    module: str
    entry: str
    description: str
    licence: str
    languages: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    extra: str = "embedded"

    @cached_property
    def installed(self) -> bool:
        """Whether its package can be imported. Looked up once; nothing heavy is loaded."""
        return importlib.util.find_spec(self.module) is not None

    @cached_property
    def version(self) -> str:
        """The version of the package that holds the expert."""
        return version(self.package)


def _opencv(task: str, model: str, entry: str, description: str) -> Expert:
    return Expert(task, model, "opencv-python-headless", "cv2", entry, description, "Apache-2.0")


EXPERTS: tuple[Expert, ...] = (
    Expert(
        "image-to-text", "rapidocr/PP-OCRv6", "rapidocr", "rapidocr", "ocr:read",
        "reads the text printed in an image (OCR), in reading order; it does not describe pictures",
        "Apache-2.0", ("en", "zh"),
    ),
    Expert(
        "text-to-speech", "espeak-ng", "espeakng-loader", "espeakng_loader", "speech:speak",
        "speaks about a hundred languages with a clear synthetic voice", "GPL-3.0", extra="speech",
    ),
    Expert(
        "text-classification", "vaderSentiment", "vaderSentiment", "vaderSentiment", "text:sentiment",
        "tells the sentiment of an English text: positive, negative or neutral", "MIT", ("en",), ("sentiment", "tone"),
    ),
    Expert(
        "text-classification", "langdetect", "langdetect", "langdetect", "text:language",
        "tells which of 55 languages a text is in", "Apache-2.0", aspects=("language",),
    ),
    _opencv("canny-control", "opencv/canny", "edges:canny", "Canny edges, thresholds set by the median brightness"),
    _opencv("hed-control", "opencv/scharr", "edges:soft", "soft edges from gradients (Scharr), not by the HED network"),
    _opencv("mlsd-control", "opencv/lsd", "edges:lines", "straight lines by OpenCV's line segment detector (LSD)"),
)  # fmt: skip
