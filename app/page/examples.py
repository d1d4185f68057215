"""Requests to try: those are shown that can run here."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_FILES = Path(__file__).parents[2] / "examples"
MOST = 6  # shown at a time


@dataclass(frozen=True)
class Example:
    """A request, the files that come with it, and the task types that it needs."""

    text: str
    files: tuple[str, ...]
    needs: frozenset[str]


def _example(text: str, *needs: str, file: str | None = None) -> Example:
    return Example(text, (str(_FILES / file),) if file else (), frozenset(needs))


EXAMPLES = [
    _example(
        "Read the notice aloud and tell me which language it is in.",
        *("image-to-text", "text-to-speech", "text-classification"),
        file="notice.png",
    ),
    _example(
        "Show me the outlines and the straight lines of this picture.",
        *("canny-control", "mlsd-control"),
        file="notice.png",
    ),
    _example("How many faces are in this picture?", "object-detection", file="astronaut.jpg"),
    _example("Draw a lighthouse at dusk.", "text-to-image"),
    _example("Translate “The ferry leaves at noon” into French.", "translation"),
    _example("Summarise this document.", "summarization", file="harbour.pdf"),
    _example("Remove the noise from this recording.", "audio-to-audio", file="greeting.wav"),
    _example(
        "Is the tone of “What a lovely place, I am glad I came” positive? Say it aloud, too.",
        *("text-classification", "text-to-speech"),
    ),
]


def runnable(offered: Collection[str]) -> list[Example]:
    """The examples that need nothing but what is offered, the first few."""
    return [example for example in EXAMPLES if example.needs <= {*offered}][:MOST]
