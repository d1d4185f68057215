"""What reasoning models write before their answer, where their server leaves it in: cut, as it is not the answer."""

BEGIN, END = "<think>", "</think>"


def without_thoughts(text: str) -> str:
    """The answer alone, stripped; nothing where the model never came to it.

    Some servers begin the thoughts in the prompt, so that the answer holds their end alone.
    """
    thoughts, end, answer = text.partition(END)
    if thoughts.lstrip().startswith(BEGIN) or (end and BEGIN not in thoughts):
        return answer.strip()
    return text.strip()


class Thoughts:
    """The same for a stream: give it every piece, and it gives what of it belongs to the answer."""

    def __init__(self) -> None:
        self._held, self._over, self._answering = "", False, False

    def __call__(self, piece: str) -> str:
        """What may be shown now; the beginning is held back until it is clear that it is no thought."""
        if self._answering:
            return piece
        self._held = (self._held + piece).lstrip()
        head, rest = self._held[: len(BEGIN)], self._held[len(BEGIN) :]
        if not self._over and BEGIN.startswith(head):
            _, end, answer = rest.partition(END)
            if not end:
                self._held = head + rest[-len(END) :]  # thoughts are long, and their end alone matters
                return ""
            self._over, self._held = True, answer.lstrip()
        self._answering = bool(self._held)
        return self._held
