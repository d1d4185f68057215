"""A request as it is heard: the likely sets of wishes, with what is asked for in sure words, and where each is said."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from graph.offline import lexicon, wording
from graph.offline.features import called
from graph.offline.intents import (
    OUTCOMES,
    Choice,
    Evidence,
    choices,
    evidence,
    fillable,
    given_kinds,
    place,
    type_name,
)
from graph.offline.meaning import Meaning
from graph.offline.parts import asking, is_question
from graph.offline.reading import Reading, Span, Word
from graph.offline.weights import Weights
from tools.tasks import TaskType

_ASPECT = "text-classification/"
_LIKELY = 0.6  # how likely a wish must be to be planned beside those in sure words
_POLITE = re.compile(r"\W*(?:\w+ )?(?:can|could|would|will) (?:you|i|we)\b", re.I)
READERS = {"image": "image-to-text", "audio": "automatic-speech-recognition", "video": "automatic-speech-recognition"}
# Types that can take any request: words that are sure to ask for something else are not for them.
_ANYTHING = {
    "question-answering", "visual-question-answering", "image-text-to-text", "document-question-answering",
    "conversational", "text-generation", "text2text-generation",
}  # fmt: skip
# What is as good as a wish that is asked for in sure words.
_AS_GOOD: dict[str, set[str]] = {
    "object-detection": {"zero-shot-object-detection", "visual-question-answering", "image-text-to-text"},
    "image-to-text": {"visual-question-answering", "image-text-to-text"},
    "image-to-image": {"image-editing"},
    "text-classification/sentiment": {"zero-shot-classification", "text-classification/emotion"},
    "canny-control": {"hed-control", "canny-text-to-image", "hed-text-to-image"},
    "hed-control": {"hed-text-to-image"},
    "mlsd-control": {"mlsd-text-to-image"},
    "token-classification": {"question-answering"},
}


@dataclass(frozen=True)
class Hearing:
    """What a request says: the evidence for each wish, those in sure words (``named``), and the likely ``choices``."""

    reading: Reading
    files: Sequence[str]
    said: Evidence
    named: Mapping[str, Span]
    choices: Sequence[Choice]
    types: Mapping[str, TaskType]

    def at(self, wish: str) -> tuple[int, int]:
        """The characters that ask for a wish; (-1, -1) where none do."""
        if span := self.named.get(wish):
            return span.start, span.end
        return place(wish, self.reading, self.said)

    def spoken(self, wish: str) -> str:
        """The clause that asks for a wish, or all of the request where none does."""
        at = self.at(wish)
        return wording.clauses(self.reading, *at) if at[0] >= 0 else self.reading.text

    def questions(self, wish: str, choice: Choice) -> list[Span]:
        """The questions that speak for a wish more than for the others of its set."""
        rivals = [rival for rival in choice.wishes if rival not in READERS.values()]
        columns = [self.said.names.index(rival) for rival in rivals]
        asked = [span for span in self._questions(choice) if rivals[self._heard(span, columns)] == wish]
        return [replace(span, text=self.reading.said(span.start, span.end).strip(" ,;\n")) for span in asked]

    def _questions(self, choice: Choice) -> list[Span]:
        """The parts that are questions, but for those in sure words; "can you ...?" only where there is no other."""
        taken = [span.start for wish, span in self.named.items() if wish in choice.wishes]
        parts = [part for part in asking(self.reading) if is_question(part)]
        free = [part for part in parts if not any(part.start <= start < part.end for start in taken)]
        return [part for part in free if not _POLITE.match(part.text)] or free

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
    """Hear a request: the sets of wishes by the model, the likeliest first, each with what sure words ask for."""
    said = evidence(reading, files, weights, meaning)
    ranked = choices(reading, files, weights, said, types)
    heard = Hearing(reading, files, said, {}, ranked, types)
    readers = [READERS[kind] for kind in READERS if kind in heard.given]

    def able(wish: str) -> bool:
        return wish in said.names and any(heard.can_run([wish, *reader]) for reader in ([], readers[:1]))

    heard = replace(heard, named=lexicon.named(reading, able) | _phrased(reading, weights, types))
    return _settled(replace(heard, choices=[_with_named(choice, heard, readers) for choice in ranked]))


def _settled(heard: Hearing) -> Hearing:
    """One set where every part asks in sure words: those wishes, and what else is likelier than not."""
    starts = [span.start for span in heard.named.values()]
    parts = asking(heard.reading)
    sure = parts and all(any(part.start <= start < part.end for start in starts) for part in parts)
    if not sure or heard.choices[0].wishes[0] in OUTCOMES:
        return heard
    every = dict.fromkeys(wish for choice in heard.choices for wish in choice.wishes if wish not in OUTCOMES)
    likely = {wish: sum(choice.probability for choice in heard.choices if wish in choice.wishes) for wish in every}
    wishes = tuple(wish for wish in likely if likely[wish] >= _LIKELY)
    return replace(heard, choices=[Choice(wishes, 1.0)]) if wishes and heard.can_run(wishes) else heard


def _phrased(reading: Reading, weights: Weights, types: Mapping[str, TaskType]) -> dict[str, Span]:
    """The types that nothing was learned of, such as those that the owner added, where a phrase of theirs stands."""
    learned = {type_name(wish) for wish in weights.types}
    places = dict(called(reading, [name for name in types if name not in learned]))
    return {name: Span(word.start, word.start + len(word.text), word.text) for name, word in _words(places, reading)}


def _words(places: Mapping[str, int], reading: Reading) -> Iterator[tuple[str, Word]]:
    return ((name, reading.words[number]) for name, number in places.items() if number < len(reading.words))


def _with_named(choice: Choice, heard: Hearing, readers: Sequence[str]) -> Choice:
    """A set of wishes with those in sure words, in the place of what takes anything that is said there."""
    if not heard.named:
        return choice
    if choice.wishes[0] in OUTCOMES:
        given = heard.files or heard.reading.quotes or not {*heard.named} <= {*lexicon.SURE}  # or a tool that was added
        wishes = list(heard.named) if given else []
    else:
        wishes = [*choice.wishes]
        missing = [wish for wish in heard.named if not {wish, *_AS_GOOD.get(wish, ())} & {*wishes}]
        free = [wish for wish in wishes if wish in heard.named or not _explained(wish, heard, missing)]
        wishes = free + missing
    if not heard.can_run(wishes):
        wishes += [reader for reader in readers if reader not in wishes][:1]
    return replace(choice, wishes=tuple(wishes)) if heard.can_run(wishes) else choice


def _explained(wish: str, heard: Hearing, missing: Collection[str]) -> bool:
    """Whether the words that seem to ask for a wish ask for something else: for a type that the owner added, for
    another aspect of the text, or for what is missing in a set with a type that can take anything."""
    here = [other for other in heard.named if _clause(other, heard) == _clause(wish, heard)]
    sentence = heard.reading.sentence(max(heard.at(wish)[0], 0))
    added = [other for other in heard.named if other not in lexicon.SURE]
    aspects = [other for other in here if other.startswith(_ASPECT)]
    return (
        any(sentence[0] <= heard.named[other].start < sentence[1] for other in added)
        or (bool(aspects) and (wish in _ANYTHING or wish.startswith(_ASPECT)))
        or (wish in _ANYTHING and any(other in missing for other in here))
    )


def _clause(wish: str, heard: Hearing) -> tuple[int, int]:
    return heard.reading.clause(max(heard.at(wish)[0], 0))
