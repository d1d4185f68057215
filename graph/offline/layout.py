"""The wanted tasks as they stand in the request, and what may fill their slots.

Sources are files, texts of the request, and outputs of the other tasks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Literal

from graph.offline import wording
from graph.offline.intents import Intent
from graph.offline.quoting import MAX_TEXTS
from graph.offline.reading import Reading
from tools import extras
from tools.tasks import TASKS, Modality, TaskType

Kind = Literal["file", "quote", "question", "object", "clause", "request", "task"]

_LEAD = re.compile(
    r"^(?:[\s:,_'\"]+|(?:of|about|on|for|that|which|shows?|represents?|showing|depicting|representing|illustrating"
    r"|titled|the following|text|saying|with)\b)+"
)
_WHERE = re.compile(r"^(?:in|at|from|to|into|by)\s+", re.I)
_TRAIL = re.compile(r"(?:[\s.,;:]+|\b(?:and|then|or|also)\b)+$")
_PRONOUN = re.compile(r"^(?:it|this|that|them|these|those|its?|me|for me|please|\s)+$", re.I)
_QUESTION = re.compile(r"(?:^|(?<=[.!?:;,]\s))[^.!?;:_]{5,300}\?")
_MADE = re.compile(r"\b(?:resulting|results?|output|\w{3,}ed|new|after|once)\b")
_BACK = re.compile(rf"\b(?:its?|that|this|them|those|these)\b|{_MADE.pattern}")
_ALSO = re.compile(r"\b(?:also|in addition|additionally)\b")
_FAR = 10**6

# Types whose text slot takes the user's own words: a message, an instruction or question, or a description.
_REPLIES = {"conversational", "text-generation", "text2text-generation"}
_INSTRUCTED = {
    "image-editing", "image-to-image", "image-text-to-text", "visual-question-answering", "question-answering",
    "document-question-answering", "table-question-answering",
}  # fmt: skip
_DESCRIBED = {name for name in TASKS if name.startswith("text-to-") or name.endswith("text-to-image")}
PROMPTED = _REPLIES | _INSTRUCTED | _DESCRIBED - {"text-to-speech"}
WRITTEN_DOWN = {"image-to-text", "automatic-speech-recognition"}
# Types whose output is a verdict on their input, or a drawing about it, rather than something to go on with.
VERDICTS = {
    "text-classification", "zero-shot-classification", "sentence-similarity", "text-ranking", "feature-extraction",
    "image-feature-extraction",
} | {name for name in TASKS if name.endswith("-control")}  # fmt: skip


def control_of(type_: TaskType) -> str | None:
    """The type that draws what a conditioned generation follows: canny-control for canny-text-to-image."""
    kind, _, rest = type_.name.partition("-")
    if rest != "text-to-image":
        return None
    return {"depth": "depth-estimation", "seg": "image-segmentation"}.get(kind, f"{kind}-control")


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

    def __init__(self, reading: Reading, intents: Sequence[Intent], files: Sequence[Source]) -> None:
        self.reading, self.intents = reading, intents
        self.at = [intent.start if intent.start >= 0 else _FAR for intent in intents]
        order = sorted(range(len(intents)), key=self.at.__getitem__)
        self.rank = {task: place for place, task in enumerate(order)}
        self.files = list(files)
        told = {value for intent in intents for value in intent.slots.values() if isinstance(value, str)}
        quotes = (quote for quote in reading.quotes if quote.text not in told)
        self.quotes = [Source("quote", "text", quote.text, quote.start) for quote in quotes]
        self.given = [*self.files, *self.quotes, *self._questions()]

    def _questions(self) -> Iterator[Source]:
        """The questions in the user's own words, but for those that a task has in its slots already."""
        asked = [(intent.start, intent.end) for intent in self.intents if "question" in intent.slots]
        for match in islice(_QUESTION.finditer(self.reading.plain), MAX_TEXTS):
            if any(start < match.end() and match.start() < end for start, end in asked):
                continue
            yield Source("question", "text", self.reading.text[match.start() : match.end()].strip(), match.start())

    def tells(self, task: int) -> bool:
        """Whether the text has a wording for the task."""
        return self.intents[task].start >= 0

    @cached_property
    def windows(self) -> list[str]:
        """For each task the text from its wording to the next task's, at most to the end of the sentence."""
        return [self._window(task) for task in range(len(self.intents))]

    @cached_property
    def leads(self) -> list[str]:
        """For each task the text between the wording before it, at most from the sentence's beginning, and its own."""
        return [self._lead(task) for task in range(len(self.intents))]

    def _window(self, task: int) -> str:
        intent = self.intents[task]
        if intent.start < 0:
            return ""
        end = self.reading.sentence(intent.end - 1)[1]
        later = [other.start for other in self.intents if other.start >= intent.end]
        return self.reading.plain[intent.start : min([end, *later])]

    def _lead(self, task: int) -> str:
        intent = self.intents[task]
        if intent.start < 0:
            return ""
        start = self.reading.sentence(intent.start)[0]
        earlier = [other.end for other in self.intents if 0 <= other.end <= intent.start]
        return self.reading.plain[max([start, *earlier]) : intent.start]

    def producers(self, modality: Modality) -> list[int]:
        """The tasks whose output is of a modality, in the order of the text."""
        made = [task for task, intent in enumerate(self.intents) if modality in intent.type.outputs]
        return sorted(made, key=self.rank.__getitem__)

    def consumers(self, modality: Modality) -> list[int]:
        """The tasks with a slot of a modality."""
        return [
            task
            for task, intent in enumerate(self.intents)
            if any(slot.modality == modality for slot in intent.type.slots)
        ]

    def sources(self, task: int, modality: Modality) -> list[Source]:
        """Everything that could fill a slot of that modality of a task.

        Verdicts of other tasks are the last resort but one; the last are the user's own words, unless they are
        what the slot is for. A task never feeds another of its type: both were asked of the same thing.
        """
        type_ = self.intents[task].type
        if modality == "image" and (drawn := self._control(type_)):
            return drawn
        which = wording.ordinal(self.windows[task], modality)
        found = self.nth(which, modality) or [source for source in self.given if source.modality == modality]
        others = [other for other in self.producers(modality) if self._follows(task, other, modality)]
        made = [Source("task", modality, task=other) for other in others]
        content = [one for one in made if not self._is_verdict(one)]
        found += content if found or content else made
        if modality == "text" and (
            not found or (type_.name in PROMPTED and "question" not in self.intents[task].slots)
        ):
            own = self._own_words(task)
            found += [own] if re.search(r"\w", own.value) else []
        return found

    def _follows(self, task: int, other: int, modality: Modality) -> bool:
        """Whether a task can work on what another makes.

        It cannot where both are of one type. A question in the user's own words is asked of what was given, written
        down if need be. Whatever a question asks, or a drawing shows, of a file is not of what is made of it later, nor
        is what "also" is to be done with it.
        """
        one, two = self.intents[task], self.intents[other]
        if one.type.name == two.type.name:
            return False
        if "question" in one.slots:
            return two.type.name in WRITTEN_DOWN
        if "question" in two.slots:
            judged = one.type.name in VERDICTS and "answer" not in self.windows[task]
            return two.start < one.start and not judged
        if modality == "text" and self.counted(task):
            return two.type.name in WRITTEN_DOWN
        given = any(file.modality == modality for file in self.files)
        if given and modality == "image" and _ALSO.search(self.leads[task]) and not _BACK.search(self.windows[task]):
            return False
        begin, end = self.reading.sentence(max(one.start, 0))
        asks = self.reading.text[begin:end].rstrip().endswith("?") and end <= two.start
        about = asks or one.type.name in VERDICTS
        return not (given and about and 0 <= one.start < two.start and not _MADE.search(self.windows[task]))

    def counted(self, task: int) -> bool:
        """Whether the task's wording speaks of a file by its number: "read the first one"."""
        kinds = {file.modality for file in self.files}
        return any(self.nth(wording.ordinal(self.windows[task], kind), kind) for kind in kinds)

    def nth(self, which: int | None, modality: Modality) -> list[Source]:
        """The one file that "the second picture" means; none where nothing says which, or there are fewer."""
        files = [file for file in self.files if file.modality == modality]
        return files[which:][:1] if which is not None and which < len(files) else []

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
        """The user's own words as a text: a message, an instruction, or else what it names."""
        intent, text = self.intents[task], self.reading.text
        if intent.type.name in _REPLIES:
            return Source("request", "text", text.strip(), 0)
        start, end = self.reading.clause(intent.start)[0], intent.start + len(self.windows[task])
        clause = Source("clause", "text", _TRAIL.sub("", text[start:end]), start)
        if intent.type.name in _INSTRUCTED:
            return clause
        others = filter(None, map(self._object, range(len(self.intents))))
        asking = {*" ".join(intent.type.words).split()}  # "read it aloud" asks, and says nothing to be read
        said = [word for word in re.findall(r"\w{3,}", clause.value.lower()) if word not in asking]
        spoken = clause if any(not _PRONOUN.match(word) for word in said) else replace(clause, value="")
        return self._object(task) or next(others, None) or spoken

    def _object(self, task: int) -> Source | None:
        """What follows the task's wording, up to the next task's clause; None for a mere pronoun."""
        intent, text = self.intents[task], self.reading.text
        end = intent.start + len(self.windows[task])
        later = [self.reading.clause(other.start)[0] for other in self.intents if other.start >= intent.end]
        rest = text[intent.end : min([end, *(start for start in later if start > intent.end)])]
        lead = _LEAD.match(rest.lower())
        rest = _TRAIL.sub("", rest[lead.end() if lead else 0 :])
        if intent.type.name in extras.entries():  # of the core's types a place may be part of what is wanted
            rest = _WHERE.sub("", rest)
        return Source("object", "text", rest, intent.end) if re.search(r"\w\w\w", _PRONOUN.sub("", rest)) else None
