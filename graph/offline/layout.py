"""The wanted tasks as they stand in the request, and what may fill their slots.

Sources are files, texts of the request, and outputs of the other tasks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from graph.offline import wording
from graph.offline.intents import PROMPTED, Intent
from graph.offline.quoting import MAX_TEXTS
from graph.offline.reading import Reading
from graph.planning.files import takes
from tools.files.resources import modality
from tools.tasks import TASKS, Modality, TaskType

Kind = Literal["file", "quote", "question", "clause", "request", "task"]

_TRAIL = re.compile(r"(?:[\s.,;:]+|\b(?:and|then|or|also)\b)+$")
_QUESTION = re.compile(r"(?:^|(?<=[.!?:;,]\s))[^.!?;:_]{5,300}\?")
_SAID = re.compile(
    r"^(?:(?:hi|hello|hey|please|pls|can|could|would|you|just|now|then|and|also|say|speak|read|translate|draw|paint|write"
    r"|me|us|for|make|create|generate|a|an|the|it|this|that|of|aloud|out|loud|to|in|into)\b[\s,:]*)+",
    re.I,
)
_FAR = 10**6

_DRAWN_BY = {"depth": "depth-estimation", "seg": "image-segmentation"}
# Types whose output is a verdict on their input, or a drawing about it, rather than something to go on with.
VERDICTS = {
    "text-classification", "zero-shot-classification", "sentence-similarity", "text-ranking", "feature-extraction",
    "image-feature-extraction",
} | {name for name in TASKS if name.endswith("-control")}  # fmt: skip
_REPLIES = {"conversational", "text-generation", "text2text-generation"}


def control_of(type_: TaskType) -> str | None:
    """The type that draws what a conditioned generation follows: canny-control for canny-text-to-image."""
    kind, _, rest = type_.name.partition("-")
    return _DRAWN_BY.get(kind, f"{kind}-control") if rest == "text-to-image" else None


@dataclass(frozen=True)
class Source:
    """Something that can fill a slot: a file, a text of the request, or the output of task number ``task``."""

    kind: Kind
    modality: Modality
    value: str = ""
    start: int = -1
    task: int = -1


class Layout:
    """The wanted tasks as they stand in the text, and the sources that all of them share."""

    def __init__(self, reading: Reading, intents: Sequence[Intent], files: Sequence[str]) -> None:
        self.reading, self.intents = reading, intents
        self.at = [intent.start if intent.start >= 0 else _FAR for intent in intents]
        order = sorted(range(len(intents)), key=self.at.__getitem__)
        self.rank = {task: place for place, task in enumerate(order)}
        places = {mention.text: mention.start for mention in reversed(reading.mentions)}
        self.files = [Source("file", modality(file), file, places.get(file, -1)) for file in files]
        taken = {str(value) for intent in intents for value in intent.slots.values()}
        quotes = (quote for quote in reading.quotes if not any(quote.text in value for value in taken))
        self.quotes = [Source("quote", "text", quote.text, quote.start) for quote in quotes][:MAX_TEXTS]
        asked = list(_QUESTION.finditer(reading.masked))[:MAX_TEXTS]
        self.questions = [
            Source("question", "text", self.reading.said(*match.span()).strip(), match.start()) for match in asked
        ]

    def tells(self, task: int) -> bool:
        """Whether the text has a wording for the task."""
        return self.intents[task].start >= 0

    @cached_property
    def windows(self) -> list[str]:
        """For each task the text from its wording to the next task's, at most to the end of the sentence."""
        return [self._between(task, after=True) for task in range(len(self.intents))]

    @cached_property
    def leads(self) -> list[str]:
        """For each task the text between the wording before it, at most from the sentence's beginning, and its own."""
        return [self._between(task, after=False) for task in range(len(self.intents))]

    def _between(self, task: int, *, after: bool) -> str:
        intent = self.intents[task]
        if intent.start < 0:
            return ""
        start, end = self.reading.sentence(intent.start)
        if after:
            return self.reading.masked[intent.start : min([end, *(at for at in self.at if at > intent.start)])]
        ends = (other.end for other in self.intents if 0 <= other.end <= intent.start)
        return self.reading.masked[max([start, *ends]) : intent.start]

    def producers(self, wanted: Modality) -> list[int]:
        """The tasks whose output is of a modality, in the order of the text."""
        made = [task for task, intent in enumerate(self.intents) if wanted in intent.type.outputs]
        return sorted(made, key=self.rank.__getitem__)

    def consumers(self, wanted: Modality) -> list[int]:
        """The tasks with a slot of a modality."""
        return [
            task
            for task, intent in enumerate(self.intents)
            if any(slot.modality == wanted for slot in intent.type.required)
        ]

    def sources(self, task: int, wanted: Modality, *, own_words: bool) -> list[Source]:
        """Everything that could fill a slot of that modality of a task; verdicts of other tasks are the last resort.

        A task never feeds another of its type: both were asked of the same thing.
        """
        type_ = self.intents[task].type
        if wanted == "image" and (drawn := self._control(type_)):
            return drawn
        files = self.nth(task, wanted) or self._named(task, wanted)
        made = [Source("task", wanted, task=other) for other in self._makers(task, wanted)]
        if wanted == "text" and self._quoted_with(task):
            made = [source for source in made if self._in_sentence_of(task, self.at[source.task])]
        content = [source for source in made if not self._is_verdict(source)]
        if wanted != "text":
            return [*files, *(content or ([] if files else made))]
        given = [*files, *self.quotes, *(self.questions if own_words else [])]
        if own_words or not (given or content):
            given += [own] if (own := self._own_words(task)).value else []
        return [*given, *(content or ([] if given else made))]

    def _quoted_with(self, task: int) -> bool:
        """Whether the sentence that asks for a task quotes a text: no result of another sentence is meant then."""
        return any(self._in_sentence_of(task, quote.start) for quote in self.quotes)

    def _in_sentence_of(self, task: int, place: int) -> bool:
        start, end = self.reading.sentence(max(self.intents[task].start, 0))
        return self.tells(task) and start <= place < end

    def _makers(self, task: int, wanted: Modality) -> Iterator[int]:
        type_ = self.intents[task].type
        for other in self.producers(wanted):
            if other != task and self.intents[other].type.name != type_.name:
                yield other

    def nth(self, task: int, wanted: Modality) -> list[Source]:
        """The one file that "the second picture" means; none where nothing says which, or there are fewer."""
        files = [file for file in self.files if takes(wanted, file.modality)]
        spans = [self.reading.masked[slice(*self.reading.clause(max(self.intents[task].start, 0)))]]
        spans.append(self.leads[task] + self.windows[task])
        counted = (wording.ordinal(span, files[0].modality) for span in spans if files)
        which = next((number for number in counted if number is not None), None)
        return files[which:][:1] if which is not None and which < len(files) else []

    def _named(self, task: int, wanted: Modality) -> list[Source]:
        """The files of a kind: those that the task's clause names, or else its sentence, the request; or else all."""
        files = [file for file in self.files if takes(wanted, file.modality)]
        named = [file for file in files if file.start >= 0]
        at = self.intents[task].start
        spans = [self.reading.clause(at)] if at >= 0 else []
        spans.append(self.reading.sentence(max(at, 0)))
        for span in spans:
            if here := [file for file in named if span[0] <= file.start < span[1]]:
                return here
        called = (self._called(files, span) for span in [*spans, (0, len(self.reading.masked))])
        return named or next(filter(None, called), files)

    def _called(self, files: Sequence[Source], span: tuple[int, int]) -> list[Source]:
        """The files that a part of the request calls by a word of their names."""
        called = wording.called([file.value for file in files], self.reading.masked[slice(*span)])
        return [file for file in files if file.value in called]

    def _control(self, type_: TaskType) -> list[Source]:
        """The control image that a conditioned generation follows, where a task draws it."""
        drawer = control_of(type_)
        tasks = [task for task, intent in enumerate(self.intents) if drawer and intent.type.name == drawer]
        return [Source("task", "image", task=task) for task in tasks]

    def _is_verdict(self, source: Source) -> bool:
        """Whether it is a verdict's output, or a by-product such as a detector's picture with boxes."""
        type_ = self.intents[source.task].type
        return type_.name in VERDICTS or source.modality != type_.outputs[0]

    def _own_words(self, task: int) -> Source:
        """The user's own words as a text: the message, the clauses that instruct, or what there is to be said."""
        intent, text = self.intents[task], self.reading.text
        whole = [quote for quote in self.reading.quotes if len(quote.text) > 200]
        if intent.type.name in _REPLIES and not whole:
            return Source("request", "text", self.reading.said(0, len(text)).strip(), 0)
        start = max(intent.start, 0)
        begin = self.reading.clause(start)[0]
        end = max(self.reading.clause(start)[1], start + len(self.windows[task]))
        clause = _TRAIL.sub("", self.reading.said(begin, end)).strip()
        if intent.type.name in PROMPTED:
            return Source("clause", "text", clause, begin)
        rest = _TRAIL.sub("", _SAID.sub("", clause)).strip()
        after = text[self.reading.sentence(start)[1] :].strip()  # what stands after the sentence that asks
        return Source("clause", "text", after if len(after) > len(rest) else rest, begin)
