"""Requests that are about the one before: "and the second picture?", "now in German", "read that aloud"."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from graph.offline import wording
from graph.offline.layout import VERDICTS
from graph.offline.reading import Reading
from graph.state import Task
from tools import languages
from tools.files.resources import modality
from tools.tasks import TASKS

RESULT = "result-before.txt"  # stands for the text that the request before ended in, until the plan is whole

# Nothing but these words, a file and a language: then the request says only what is different now.
_HOLLOW = re.compile(
    r"and|now|ok|okay|please|then|so|also|too|can|could|would|you|do|does|try|use|take|repeat|run|make|it|that|this|these|those"
    r"|the|a|same|thing|again|likewise|for|with|on|to|of|in|into|from|as|well|what|what's|how|about|ones?|once|more|time|other"
    r"|next|here|here's|is|my|yes|sorry|i|meant|mean|first|second|third|fourth|fifth|last|latest|1st|2nd|3rd|4th|instead|two|three|four"
    r"|images?|pictures?|photos?|files?|recordings?|audio|clips?|texts?|documents?|pages?|tables?|videos?|both|all|each"
    r"|_+"
)
_AGAIN = re.compile(r"\b(?:again|same|repeat|once more|likewise)\b")
_RESULT = re.compile(
    r"\b(?:the|your|its|that|this) (?:results?|answers?|summary|text|translation|transcript|caption)\b"
)
_BACK = re.compile(rf"\b(?:it|that|this|them)\b|{_RESULT.pattern}")
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|but|then) )?(?:what|who|when|where|which|why|how|whose|is|are|was|were|do|does|did)\b.*\?"
)
_NOUNS = {"summary": "summarization", "translation": "translation", "transcript": "automatic-speech-recognition"}


def says_only_what_differs(reading: Reading) -> bool:
    """Whether a request names a file or a language, or says "the same", and nothing that could be done."""
    words = list(re.finditer(r"[\w']+", reading.masked))
    spoken = {start for _, start, _ in languages.mentioned(reading.text, reading.masked)}
    return bool(words) and all(word.start() in spoken or _HOLLOW.fullmatch(word[0]) for word in words)


def pointed_at(reading: Reading, previous: Sequence[str]) -> list[str]:
    """The earlier files that the request names, or counts: "the second picture"."""
    named = [path for path in previous if path in {mention.text for mention in reading.mentions}]
    for kind in dict.fromkeys(map(modality, previous)):
        same, which = [path for path in previous if modality(path) == kind], wording.ordinal(reading.masked, kind)
        named += same[which:][:1] if which is not None and which < len(same) else []
    return list(dict.fromkeys(named))


def repeated(reading: Reading, files: Sequence[str], before: Sequence[Task], known: Collection[str]) -> list[Task]:
    """The tasks before: once for each of these files in the place of theirs, and in the language that is now named.

    None of them where nothing would differ and nobody said "the same". ``known`` are the conversation's files.
    """
    language = languages.mentioned(reading.text, reading.masked)
    tasks = [_spoken(task, language[0][0]) for task in before] if language else list(before)
    kinds = {modality(value) for task in before for value in map(str, task.args.values()) if value in known}
    copies = [
        [_renamed(task, {old: file for old in known if modality(old) == modality(file)}) for task in tasks]
        for file in files
        if modality(file) in kinds
    ]
    if not copies and tasks == list(before) and not _AGAIN.search(reading.masked):
        return []
    return [
        moved(task, {sibling.id: sibling.id + len(tasks) * place for sibling in tasks})
        for place, copy in enumerate(copies or [tasks])
        for task in copy
    ]


def meant(before: Sequence[Task], reading: Reading) -> list[Task]:
    """The tasks before that made the text which is spoken of now as "it" or "the summary"; none where that is no text.

    A question is asked of what was given, whatever was made of it.
    """
    if not _BACK.search(reading.masked) or reading.quotes or _ASKS.search(reading.masked):
        return []
    made = [task for task in before if TASKS[task.task].outputs == ("text",) and task.task not in VERDICTS]
    named = [task for task in made for noun, kind in _NOUNS.items() if noun in reading.masked and task.task == kind]
    end = next(reversed(named or made), None)
    return _chain(before, end) if end else []


def as_given(reading: Reading) -> Reading:
    """The reading in which "the summary" names something that is there, and asks for no other."""
    spans = [match.span() for match in _RESULT.finditer(reading.masked)]
    words = tuple(
        replace(word, text="_") if any(start <= word.start < end for start, end in spans) else word
        for word in reading.words
    )
    return replace(reading, masked=_RESULT.sub(lambda match: "_" * len(match[0]), reading.masked), words=words)


def goes_on(tasks: Sequence[Task]) -> bool:
    """Whether one of the tasks takes what the request before ended in."""
    return any(RESULT in map(str, task.args.values()) for task in tasks)


def onto(chain: Sequence[Task], tasks: Sequence[Task]) -> list[Task]:
    """The tasks after the chain, its end in the place of ``RESULT``; as they are where none takes that."""
    if not goes_on(tasks):
        return list(tasks)
    number = {task.id: task.id + len(chain) for task in tasks}
    after = [moved(task, number) for task in tasks]
    end = chain[-1].id
    return [*chain, *(_fed(task, end) if RESULT in map(str, task.args.values()) else task for task in after)]


def moved(task: Task, number: Mapping[int, int]) -> Task:
    """The task under its new number, and what it refers to under theirs."""
    names = {f"<resource-{old}>": f"<resource-{new}>" for old, new in number.items()}
    update = {"id": number[task.id], "dep": sorted(number[need] for need in task.dep)}
    return _renamed(task, names).model_copy(update=update)


def _chain(before: Sequence[Task], end: Task) -> list[Task]:
    """A task and all that it depends on, numbered from 0."""
    needed = {end.id}
    for task in reversed(before):  # in topological order
        if task.id in needed:
            needed |= set(task.dep)
    kept = [task for task in before if task.id in needed]
    number = {task.id: place for place, task in enumerate(kept)}
    return [moved(task, number) for task in kept]


def _fed(task: Task, end: int) -> Task:
    update = {"dep": sorted({*task.dep, end})}
    return _renamed(task, {RESULT: f"<resource-{end}>"}).model_copy(update=update)


def _spoken(task: Task, language: str) -> Task:
    """The task in another language, if it has one."""
    known = TASKS[task.task].slot("language")
    return task.model_copy(update={"args": task.args | {"language": language}}) if known else task


def _renamed(task: Task, names: Mapping[str, str]) -> Task:
    def new(value: object) -> object:
        return [new(item) for item in value] if isinstance(value, list) else names.get(str(value), value)

    return task.model_copy(update={"args": {name: new(value) for name, value in task.args.items()}})
