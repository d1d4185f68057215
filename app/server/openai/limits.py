"""An answer as far as a client wants it: up to a stop sequence, and within so many tokens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Literal

from app.server.in_process import Words

CHARACTERS = 4  # of a token, about: there is no tokenizer for whatever model answers


class Limited:
    """Passes words on until one of ``stops`` comes or ``most`` tokens are reached; ``finish`` then says which."""

    def __init__(self, stops: Sequence[str] = (), most: int | None = None) -> None:
        self.stops = list(stops)
        self.room = most * CHARACTERS if most else None
        self.finish: Literal["stop", "length"] = "stop"

    async def pieces(self, words: Words) -> AsyncIterator[str]:
        """The words that are wanted, as they come; what may be the begin of a stop sequence waits."""
        held, waiting = "", max(map(len, self.stops), default=1) - 1
        async with aclosing(words) as all_words:
            async for piece in all_words:
                held += piece
                ready, over = self._ready(held, waiting)
                held = held[len(ready) :]
                if ready := self._fitting(ready):
                    yield ready
                if over or self.finish == "length":
                    return
        if held := self._fitting(held):
            yield held

    def _ready(self, held: str, waiting: int) -> tuple[str, bool]:
        """What may be said of the held words, and whether a stop sequence follows."""
        places = [at for at in map(held.find, self.stops) if at >= 0]
        return (held[: min(places)], True) if places else (held[: len(held) - waiting], False)

    def _fitting(self, text: str) -> str:
        if self.room is None:
            return text
        if len(text) > self.room:
            self.finish = "length"
        text = text[: self.room]
        self.room -= len(text)
        return text
