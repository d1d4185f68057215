"""The meaning of a request as a vector, where a sentence encoder is installed (the extra `embedded`)."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from graph.offline.reading import Reading
from tools.experts.meaning import encoder

_READ = 600  # characters of a request whose meaning is taken
Meaning = Callable[[Reading], NDArray[np.float32]]


@cache
def meaning() -> Meaning | None:
    """What gives the embedding of what is said, shape (384,); None where no encoder is installed."""
    try:
        model = encoder()
    except (ImportError, OSError):
        return None
    return lambda reading: model.query([said(reading)])[0]


def said(reading: Reading) -> str:
    """The words of the user's own, as far as they are read: quotations are left out."""
    text, done = "", 0
    for quote in reading.quotes:
        text, done = text + reading.text[done : quote.start][:_READ] + "…", quote.end
    return " ".join((text + reading.text[done:])[:_READ].split()) or "…"
