"""In which language a person asks."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from langchain_core.messages import AnyMessage

from graph.offline.reading import read
from graph.words import LANGUAGES, catalogue, speaking
from tools.files.resources import mentioned
from tools.languages import certain

_CERTAIN, _FEWEST = 0.9, 3  # the probability of a language, and the words of a request that it takes to tell it
_GREETINGS = {
    "hallo": "de",
    "danke": "de",
    "bonjour": "fr",
    "salut": "fr",
    "merci": "fr",
    "hola": "es",
    "gracias": "es",
}
_HAN, _KANA = re.compile("[\u4e00-\u9fff]"), re.compile("[\u3040-\u30ff]")


@asynccontextmanager
async def in_language_of(messages: Sequence[AnyMessage]) -> AsyncIterator[None]:
    """Have ``say`` speak the language in which a person asks; what that takes is read beside the event loop."""
    language = await asyncio.to_thread(language_of, messages)
    await asyncio.to_thread(catalogue, language)
    with speaking(language):
        yield


def language_of(messages: Sequence[AnyMessage]) -> str:
    """The language of the last message of a person that is certain ("2" is in none); English if it is not ours."""
    for message in reversed(messages):
        if message.type == "human" and (language := _certain_language(message.text)):
            return language if language in LANGUAGES else "en"
    return "en"


def _certain_language(text: str) -> str:
    """The language of the wishes in a request, not of what they quote or name; empty where it is not certain."""
    reading = read(text, mentioned(text))
    words = [letters for word in reading.words if (letters := word.text.strip("~_?"))]
    chinese = [word for word in words if _HAN.search(word)]
    if len(chinese) * 2 > len(words):
        return "" if any(map(_KANA.search, chinese)) else "zh"
    if len(words) < _FEWEST:
        return _GREETINGS.get(words[0], "") if words else ""
    return certain(" ".join(words), _CERTAIN)
