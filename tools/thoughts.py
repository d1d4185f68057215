"""What reasoning models write before they answer, which is no part of the answer."""

import re

_TAGS = ("think", "thinking", "thought", "reasoning")
_TAG = rf"(?:{'|'.join(_TAGS)})"
_WHOLE = re.compile(rf"<{_TAG}>.*?(?:</{_TAG}>|\Z)", re.S | re.I)
_END = re.compile(rf"\A.*</{_TAG}>", re.S | re.I)  # of a thought that the chat template itself began
_OPENING, _CLOSING = re.compile(rf"<{_TAG}>", re.I), re.compile(rf"</{_TAG}>", re.I)
_LONGEST = max(map(len, _TAGS)) + len("</>")


def spoken(text: str) -> str:
    """The text without its thoughts; empty where the model only thought."""
    return _END.sub("", _WHOLE.sub("", text)).strip()


class Thoughts:
    """The same for a stream: give it every piece, and it gives what of it belongs to the answer.

    Thoughts are looked for at the beginning, which is held back until it is clear that it is none.
    """

    def __init__(self) -> None:
        self._held, self._inside, self._over, self._answering = "", False, False, False

    def __call__(self, piece: str) -> str:
        """What may be shown now."""
        if self._answering:
            return piece
        self._held = (self._held + piece).lstrip()
        if not self._over and not self._inside:
            self._inside = bool(_OPENING.match(self._held))
            if not self._inside and any(f"<{tag}>".startswith(self._held.lower()) for tag in _TAGS):
                return ""
        if self._inside and not self._closed():
            return ""
        self._answering = bool(self._held)
        return self._held

    def _closed(self) -> bool:
        """Whether the thought is over; what follows it is held then, and else no more than an end may begin with."""
        end = _CLOSING.search(self._held)
        self._held = self._held[end.end() :].lstrip() if end else self._held[-_LONGEST:]
        self._inside, self._over = not end, bool(end)
        return self._over
