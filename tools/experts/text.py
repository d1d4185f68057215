"""Experts on text: sentiment by lexicon, language by character n-grams."""

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from tools.backends.base import Output
from tools.errors import BadOutput

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

_LOCK = threading.Lock()  # langdetect loads its profiles without one, and the speech expert asks it too


def sentiment(text: str, aspect: str | None = None) -> Output:  # noqa: ARG001 - the candidate was chosen by it
    """The sentiment label of an English text, its score in [-1, 1] and the shares of each tone (VADER)."""
    shares = _vader().polarity_scores(text)
    score = shares.pop("compound")
    label = "positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral"  # VADER's own thresholds
    return Output(text=label, data={"label": label, "score": score, "shares": shares})


def language(text: str, aspect: str | None = None) -> Output:  # noqa: ARG001 - the candidate was chosen by it
    """The language a text is in, by name and ISO 639-1 code, with probabilities."""
    ranked = detect(text)
    if not ranked:
        raise BadOutput("The text is too short, or has no letters, to tell its language.")
    name = NAMES.get(ranked[0]["code"], ranked[0]["code"])
    return Output(text=name, data={"label": name, **ranked[0], "alternatives": ranked[1:]})


def detect(text: str) -> list[dict[str, Any]]:
    """Languages by falling probability: ISO code and score. Empty if the text has no letters to tell by."""
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0  # it samples: without a seed the same text may get another language next time
    try:
        with _LOCK:
            ranked = detect_langs(text)
        return [{"code": found.lang, "score": round(found.prob, 3)} for found in ranked]
    except LangDetectException:
        return []


@cache
def _vader() -> "SentimentIntensityAnalyzer":
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech",
    "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian",
    "fa": "Persian", "fi": "Finnish", "fr": "French", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "kn": "Kannada",
    "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi",
    "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "so": "Somali", "sq": "Albanian",
    "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh-cn": "Chinese", "zh-tw": "Chinese",
}  # fmt: skip
