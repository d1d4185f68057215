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
        self._held, self._answering = "", False

    def __call__(self, piece: str) -> str:
        """What may be shown now; the beginning is held back until it is clear that it is no thought."""
        if self._answering:
            return piece
        self._held = (self._held + piece).lstrip()
        if not self._held.startswith(BEGIN):
            self._answering = not BEGIN.startswith(self._held)
            return self._held if self._answering else ""
        _, end, answer = self._held.partition(END)
        self._answering = bool(end)
        self._held = BEGIN + self._held[len(BEGIN) :][-len(END) :]  # thoughts are long, and their end alone matters
        return answer.lstrip()
