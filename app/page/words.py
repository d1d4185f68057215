"""The page's own words in the language that the browser asks for, by the catalogues of graph/words.py.

What stands on the page from the start is translated in the browser, by Gradio; what is drawn later is translated here.
"""

from dataclasses import dataclass
from datetime import date

import gradio as gr
from babel.core import negotiate_locale
from babel.dates import format_skeleton
from gradio.i18n import I18nData

from graph.words import LANGUAGES, catalogue, said


def word(words: str) -> str:
    """Words that stand on the page from the start, marked for Gradio."""
    return str(I18nData(words))


def translations() -> gr.I18n:
    """Everything that browsers need to translate such words."""
    known = dict.fromkeys(key for language in LANGUAGES for key in catalogue(language))
    return gr.I18n(**{language: {key: catalogue(language).get(key, key) for key in known} for language in LANGUAGES})


def language_of(accepted: str) -> str:
    """The language of ours that an ``Accept-Language`` header prefers (RFC 9110, 12.5.4); English if it names none."""
    weighed = [(part.partition(";")[0].strip(), _weight(part)) for part in accepted.split(",")]
    preferred = [name for name, weight in sorted(weighed, key=lambda pair: -pair[1]) if weight > 0]
    return negotiate_locale(preferred, LANGUAGES, sep="-") or "en"


def _weight(part: str) -> float:
    try:
        return float(part.partition("q=")[2] or 1)
    except ValueError:
        return 0


@dataclass(frozen=True)
class Say:
    """Says things in a language."""

    language: str

    def __call__(self, words: str, /, **values: object) -> str:
        """The words, which are English, with the values in their {places}."""
        return said(self.language, words, **values)

    def day(self, seconds: float) -> str:
        """The day of a time in seconds since the epoch, by the server's clock; nothing for today."""
        day, today = date.fromtimestamp(seconds), date.today()
        shape = "MMMd" if day.year == today.year else "yMMMd"
        return "" if day == today else format_skeleton(shape, day, locale=self.language)
