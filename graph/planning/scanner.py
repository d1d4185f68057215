"""Cuts a plan that is still being written into its tasks."""

from collections.abc import Iterator


class Scanner:
    """Cuts a growing text into the members of its outermost lists: an object as soon as its last brace is written.

    Every member counts, also one that is no object, so that each is given with its own place in its list.
    """

    def __init__(self) -> None:
        self._text, self._at, self._start, self._index = "", 0, 0, 0
        self._open: list[str] = []
        self._quote, self._escaped, self._level = "", False, 0  # ``_level``: how deep the members of the list are

    def feed(self, text: str) -> Iterator[tuple[int, str]]:
        """Take more text, and give every member that it completes, with its place in its list from 0."""
        self._text += text
        while self._at < len(self._text):
            member = self._step(self._text[self._at])
            self._at += 1
            if member:
                yield self._index, member
                self._index += 1

    def _step(self, char: str) -> str:
        """The member that a character completes, if it does."""
        if self._quote:
            self._quoted(char)
        elif char in "\"'" and self._open:
            self._quote = char
        elif char in "[{":
            self._enter(char)
        elif char in "]}" and self._open:
            return self._leave()
        elif char == "," and len(self._open) == self._level > 0:
            return self._cut(self._at)
        return ""

    def _enter(self, char: str) -> None:
        self._open.append(char)
        if char == "[" and not self._level:
            self._level, self._index, self._start = len(self._open), 0, self._at + 1

    def _leave(self) -> str:
        """The end of a list or an object: of a member, of the list itself, or of something within a member."""
        closed = self._open.pop()
        if len(self._open) == self._level > 0 and closed == "{":
            return self._cut(self._at + 1)
        if len(self._open) < self._level:
            self._level = 0
            return self._cut(self._at)
        return ""

    def _cut(self, end: int) -> str:
        member, self._start = self._text[self._start : end].strip(" \t\r\n,"), end
        return member

    def _quoted(self, char: str) -> None:
        if self._escaped or char == "\\":
            self._escaped = not self._escaped
        elif char == self._quote:
            self._quote = ""
