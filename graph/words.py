"""Our own words in the languages that people use: ``locale/*.po``, by Babel, whose keys are the English words.

An answer is said in the language of its request where that is certain, and else in English; the page speaks the
language of its browser. What models, files and experts say stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from tools.tasks import TaskType

_CATALOGUES = Path(__file__).with_name("locale")
LANGUAGES = ("en", *sorted(path.stem for path in _CATALOGUES.glob("*.po")))
_SPOKEN: ContextVar[str] = ContextVar("spoken", default="en")


@cache
def catalogue(language: str) -> dict[str, str]:
    """The translations into a language, by the English words; none for English."""
    path = _CATALOGUES / f"{language}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def said(language: str, words: str, /, **values: object) -> str:
    """English words in a language, with the values in their {places}; as they are where it has none for them."""
    translated = catalogue(language).get(words, words)
    return translated.format(**values) if values else translated


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Have ``say`` speak a language, in this task and in the threads that it waits for."""
    before = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def say(words: str, /, **values: object) -> str:
    """English words in the language of the request, with the values in their {places}."""
    return said(_SPOKEN.get(), words, **values)


def purpose(type_: TaskType) -> str:
    """What a task type is for, as a sentence begins: "Draw the edges of an image"."""
    return say(type_.purpose[:1].upper() + type_.purpose[1:])


def within(words: str) -> str:
    """Words as they stand inside a sentence, where a language writes their first letter small: English alone."""
    return words[:1].lower() + words[1:] if _SPOKEN.get() == "en" else words
