"""Names of languages and their codes (CLDR's, through Babel)."""

import re
import threading
from functools import cache
from pathlib import Path
from typing import Any

from tools.errors import InputError

_LOCK = threading.Lock()  # langdetect loads its profiles without one
_SEED = 0  # it samples: without a seed the same text may get another language next time

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


def code(name: str) -> str | None:
    """The ISO 639 code that a language's code, English name or own name means: ``de`` for German, de-AT or Deutsch."""
    lowered = name.strip().lower().replace("_", "-")
    language = lowered.partition("-")[0]
    return _english().get(lowered) or _english().get(language) or _own().get(lowered)


@cache
def _english() -> dict[str, str]:
    languages = _called()
    return (
        _OTHER_NAMES
        | {name.lower(): short for short, name in languages.items()}
        | {short: short for short in languages}
    )


@cache
def _called() -> dict[str, str]:
    """English names by code, as people know them: Bengali, where CLDR says Bangla."""
    from babel import Locale

    return {short: name for short, name in {**Locale("en").languages, **NAMES}.items() if len(short) <= 3}


@cache
def _own() -> dict[str, str]:
    """Codes by what each language calls itself; takes half a second once."""
    from babel import Locale, localedata

    short = [identifier for identifier in localedata.locale_identifiers() if len(identifier) <= 3]
    return {(Locale(identifier).get_display_name() or identifier).lower(): identifier for identifier in short}


_OTHER_NAMES = {
    "mandarin": "zh", "cantonese": "yue", "farsi": "fa", "flemish": "nl", "castilian": "es", "gaelic": "gd",
    "brazilian": "pt", "bangla": "bn", "tagalog": "tl", "burmese": "my", "pashto": "ps",
    "sinhala": "si", "valencian": "ca",
}  # fmt: skip
_SPOKEN_IN = ("en", "de", "fr", "es")  # the languages in which requests name languages


def mentioned(text: str, lowered: str) -> list[tuple[str, int, int]]:
    """The languages that a text names, as (English name, start, end); ``lowered`` is the text in lower case.

    A name that only few know, and that may be another word ("Even", "Gun"), counts with a capital letter alone.
    """
    names, sure = _names()
    named = []
    for match in re.finditer(r"[^\W\d_]+", lowered):
        word = match[0] if match[0] in names else _bare(match[0])
        if word in names and (word in sure or (match.start() and text[match.start()].isupper())):
            said = text[match.start() : match.end()].capitalize()
            named.append((said if word in _english() else names[word], *match.span()))
    return named


def _bare(word: str) -> str:
    """A German, French or Spanish name of a language without its ending: "ins Deutsche", "la lettre italienne"."""
    return next((bare for end in ("en", "es", "er", "e", "a") if (bare := word.removesuffix(end)) in _names()[0]), word)


@cache
def _names() -> tuple[dict[str, str], frozenset[str]]:
    """English names by single-word names in lower case, and those that are certain to mean the language."""
    from babel import Locale, localedata

    english = _called()
    living = {short for short in localedata.locale_identifiers() if len(short) <= 3}
    names = {name: english.get(short, name.capitalize()) for name, short in _OTHER_NAMES.items()}
    sure = set(_OTHER_NAMES)
    for locale in reversed(_SPOKEN_IN):
        for short, name in Locale(locale).languages.items():
            if len(short) <= 3 and short in english and re.fullmatch(r"[^\W\d_]{3,}", name):
                names[name.lower()] = english[short]
                sure |= {name.lower()} if short in living and len(name) > 3 else set()
    return names, frozenset(sure - {"even", "afar", "fang", "gun"})


def code_of(language: str) -> str:
    """The two-letter code of a language given by English name or code. Raises InputError for an unknown one."""
    wanted = language.strip().lower()
    codes = {name.lower(): code.partition("-")[0] for code, name in NAMES.items()}
    if wanted in codes:
        return codes[wanted]
    if wanted.partition("-")[0] in codes.values():
        return wanted.partition("-")[0]
    raise InputError(
        f"{language} is no language known here: name it in English, such as German, or by code, such as de."
    )


def detect(text: str) -> str:
    """The two-letter code of the language a text is in; English where that cannot be told."""
    try:
        languages = ranked_languages(text)
    except ModuleNotFoundError:  # the detector belongs to the extra `embedded`
        return "en"
    return str(languages[0]["code"]).partition("-")[0] if languages else "en"


_LATIN = ("ca", "da", "de", "en", "es", "fr", "it", "nl", "no", "pl", "pt", "ro", "sv", "tr")


def certain(text: str, least: float) -> str:
    """The code of the common language in Latin letters that a few words are in; empty where none is that probable.

    Knows fewer languages than ``detect``, and so is ready in a tenth of the time (50 ms).
    """
    try:
        detector = _of_latin_letters().create()
    except ModuleNotFoundError:  # the detector belongs to the extra `embedded`
        return ""
    from langdetect import LangDetectException

    detector.append(text)
    try:
        best = detector.get_probabilities()[0]
    except (LangDetectException, IndexError):
        return ""
    return str(best.lang) if best.prob >= least else ""


@cache
def _of_latin_letters() -> Any:  # noqa: ANN401 - langdetect ships no types
    from langdetect import PROFILES_DIRECTORY, DetectorFactory

    DetectorFactory.seed = _SEED
    factory = DetectorFactory()
    factory.load_json_profile([(Path(PROFILES_DIRECTORY) / code).read_text(encoding="utf-8") for code in _LATIN])
    return factory


def ranked_languages(text: str) -> list[dict[str, Any]]:
    """Languages by falling probability: ISO code and score. Empty if the text has no letters to tell by."""
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = _SEED
    try:
        with _LOCK:
            ranked = detect_langs(text)
        return [{"code": language.lang, "score": round(language.prob, 3)} for language in ranked]
    except LangDetectException:
        return []
