"""A request as it is heard: the likely sets of wishes, and where each of them is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from graph.offline import wording
from graph.offline.intents import Choice, Evidence, choices, evidence, fillable, given_kinds, place
from graph.offline.meaning import Meaning
from graph.offline.parts import asking, is_question
from graph.offline.reading import Reading, Span
from graph.offline.weights import Weights
from tools.tasks import TaskType

READERS = {"image": "image-to-text", "audio": "automatic-speech-recognition", "video": "automatic-speech-recognition"}


@dataclass(frozen=True)
class Hearing:
    """What a request says: the evidence for each wish (``said``), and the likely sets of them, the likeliest first."""

    reading: Reading
    files: Sequence[str]
    said: Evidence
    choices: Sequence[Choice]
    types: Mapping[str, TaskType]

    def at(self, wish: str) -> tuple[int, int]:
        """The characters that ask for a wish; (-1, -1) where none do."""
        return place(wish, self.reading, self.said)

    def spoken(self, wish: str) -> str:
        """The clause that asks for a wish, or all of the request where none does."""
        at = self.at(wish)
        return wording.clauses(self.reading, *at) if at[0] >= 0 else self.reading.text

    def questions(self, wish: str, choice: Choice) -> list[Span]:
        """The questions that speak for a wish more than for the others of its set."""
        rivals = [rival for rival in choice.wishes if rival not in READERS.values()]
        columns = [self.said.names.index(rival) for rival in rivals]
        asked = [span for span in self._questions() if rivals[self._heard(span, columns)] == wish]
        return [replace(span, text=self.reading.said(span.start, span.end).strip(" ,;\n")) for span in asked]

    def _questions(self) -> list[Span]:
        """The parts that are questions."""
        return [part for part in asking(self.reading) if is_question(part)]

    def _heard(self, part: Span, columns: Sequence[int]) -> int:
        rows = [row for row, word in enumerate(self.reading.words) if part.start <= word.start < part.end]
        return int(self.said.by_word[rows][:, columns].sum(axis=0).argmax())

    def can_run(self, wishes: Sequence[str]) -> bool:
        """Whether all of them find their inputs."""
        return fillable(wishes, self.given, self.types)

    @cached_property
    def given(self) -> frozenset[str]:
        """The kinds of what is given."""
        return given_kinds(self.reading, self.files)


def hear(
    reading: Reading, files: Sequence[str], weights: Weights, meaning: Meaning | None, types: Mapping[str, TaskType]
) -> Hearing:
    """Hear a request: the sets of wishes by the model, the likeliest first."""
    said = evidence(reading, files, weights, meaning)
    return Hearing(reading, files, said, choices(reading, files, weights, said, types), types)
