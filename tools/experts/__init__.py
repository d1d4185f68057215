"""The table of experts: what each does, which package holds it, and the function that runs it."""

import importlib.util
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version


@dataclass(frozen=True)
class Expert:
    """One row. ``entry`` is ``module:function`` in this package; the function takes the task's slots by name.

    ``package`` is the distribution it needs, imported as ``module`` and installed by the extra ``extra``.
    None means that it is all ours.
    """

    task: str
    model: str
    entry: str
    description: str
    licence: str
    package: str | None = None
    module: str = ""
    languages: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    extra: str = "embedded"

    @cached_property
    def installed(self) -> bool:
        """Whether its package can be imported. Looked up once; nothing heavy is loaded."""
        return self.package is None or importlib.util.find_spec(self.module or self.package) is not None

    @cached_property
    def version(self) -> str:
        """The version of the package that holds it; of our own, one to raise whenever its results change."""
        return version(self.package) if self.package else "1"


def _opencv(task: str, model: str, entry: str, description: str) -> Expert:
    return Expert(task, f"opencv/{model}", entry, description, "Apache-2.0", "opencv-python-headless", "cv2")


def _ours(task: str, model: str, entry: str, description: str, package: str | None = None) -> Expert:
    return Expert(task, model, entry, description, "Apache-2.0", package)


EXPERTS: tuple[Expert, ...] = (
    Expert(
        "image-to-text", "rapidocr/PP-OCRv6", "ocr:read",
        "reads the text printed in an image (OCR), in reading order; it does not describe pictures",
        "Apache-2.0", "rapidocr", languages=("en", "zh"),
    ),
    _opencv("image-to-text", "qr", "ocr:codes", "reads QR codes and barcodes"),
    Expert(
        "text-to-speech", "espeak-ng", "speech:speak", "speaks about a hundred languages with a clear synthetic voice",
        "GPL-3.0", "espeakng-loader", "espeakng_loader", extra="speech",
    ),
    Expert(
        "text-classification", "vaderSentiment", "text:sentiment",
        "tells the sentiment of an English text: positive, negative or neutral",
        "MIT", "vaderSentiment", languages=("en",), aspects=("sentiment", "tone"),
    ),
    Expert(
        "text-classification", "langdetect", "text:language", "tells which of 55 languages a text is in",
        "Apache-2.0", "langdetect", aspects=("language",),
    ),
    _ours("summarization", "textrank", "sentences:summarise", "picks the most central sentences (extractive)"),
    _ours("question-answering", "bm25", "sentences:answer", "finds the sentence with the question's words"),
    _ours("text-ranking", "bm25", "sentences:rank", "ranks by shared words (BM25), not by meaning"),
    Expert(
        "object-detection", "scikit-image/lbp-frontal-face", "faces:find",
        "finds faces seen from the front, and nothing else", "BSD-3-Clause", "scikit-image", "skimage",
    ),
    _opencv("canny-control", "canny", "edges:canny", "Canny edges, thresholds set by the median brightness"),
    _opencv("hed-control", "scharr", "edges:soft", "soft edges from gradients (Scharr), not by the HED network"),
    _opencv("mlsd-control", "lsd", "edges:lines", "straight lines by OpenCV's line segment detector (LSD)"),
    _opencv("image-to-image", "filters", "filters:apply", "sharpens, enlarges, denoises and the like; invents nothing"),
    _ours("audio-to-audio", "wiener", "audio:denoise", "turns steady noise down; separates no voices", "scipy"),
)  # fmt: skip
