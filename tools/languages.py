"""Names of languages and their codes (CLDR's, through Babel)."""

import threading
from functools import cache
from typing import Any

from tools.errors import InputError

_LOCK = threading.Lock()  # langdetect loads its profiles without one

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
    from babel import Locale

    languages = {short: name for short, name in Locale("en").languages.items() if len(short) <= 3}
    return {name.lower(): short for short, name in languages.items()} | {short: short for short in languages}


@cache
def _own() -> dict[str, str]:
    """Codes by what each language calls itself; takes half a second once."""
    from babel import Locale, localedata

    short = [identifier for identifier in localedata.locale_identifiers() if len(identifier) <= 3]
    return {(Locale(identifier).get_display_name() or identifier).lower(): identifier for identifier in short}


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


def ranked_languages(text: str) -> list[dict[str, Any]]:
    """Languages by falling probability: ISO code and score. Empty if the text has no letters to tell by."""
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0  # it samples: without a seed the same text may get another language next time
    try:
        with _LOCK:
            ranked = detect_langs(text)
        return [{"code": language.lang, "score": round(language.prob, 3)} for language in ranked]
    except LangDetectException:
        return []
