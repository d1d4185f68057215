"""Reads a model's whole answer: a plan, wherever in it that stands, or a reply, or a question, or mere words.

Read besides plain JSON: fenced JSON, JSON in prose and after thoughts, tasks one a line; trailing and missing commas,
comments, single quotes and other slips, where nothing can get lost. Of what may be lost there is a complaint.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from graph.planning.dialects import LISTS, SHOWN, Written, collect, is_task, member_of, mentioned, written
from graph.planning.loose_json import JsonSpan, find
from graph.planning.names import known, near_references
from graph.planning.scanner import Scanner
from tools import clean

MAX_CHARACTERS = 100_000  # of a model's text; more is no plan
_LOOKED_AT = 2_000  # words that are compared with the names of tasks
_REPLY = ("reply", "answer", "message", "response")
_THOUGHT = re.compile(r"\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S | re.I)
_WORD = re.compile(r"[\w-]+(?: [\w-]+){0,5}")
_QUOTED = re.compile(r'"([\w -]{1,60})"')
_BROKEN_OFF = re.compile(r"[\[{]\s*(?:[\"'\[{]|$)")
_ESCAPE = re.compile(r"\\([nrtbf])")
_BETWEEN = re.compile(r"[\s,;`]*(?:json)?[\s,;`]*", re.I)


@dataclass(frozen=True)
class Reply:
    """What a model answered: tasks, or else words to the user, or a question to ask; or none of it.

    ``complaints`` say what of it may be lost, in words for the model.
    """

    tasks: tuple[Written, ...] = ()
    text: str = ""
    question: str = ""
    complaints: tuple[str, ...] = ()


def read(text: str, request: str = "") -> Reply:
    """Read a model's answer. Never raises, and takes time in proportion to the text's length.

    What looks like a misspelt reference is one, unless the user's ``request`` has it.
    """
    cut = [f"Of {len(text):,} characters only {MAX_CHARACTERS:,} were read."] if len(text) > MAX_CHARACTERS else []
    text = clean.text(_THOUGHT.sub("", text[:MAX_CHARACTERS], count=1)).strip()
    parts = [_Part.of(span) for span in find(text)]
    reply = _plan(text, parts) or _said(parts) or _words(text, parts)
    return replace(reply, complaints=(*cut, *reply.complaints, *_misspelt(reply.tasks, request)))


def _misspelt(tasks: Sequence[Written], request: str) -> Iterator[str]:
    for task in tasks:
        args = json.dumps(task.args, ensure_ascii=False)
        read_as = _ESCAPE.sub(" ", args), _ESCAPE.sub(r"x\1", args)  # a stroke before <r1> makes a line end of its r
        near = dict.fromkeys(near_miss for text in read_as for near_miss in near_references(text))
        yield from (
            f"{near_miss!r} is no reference; they are written <rN>." for near_miss in near if near_miss not in request
        )


@dataclass(frozen=True)
class _Part:
    """A JSON value of the text, and the tasks in it; ``listed`` tells a plan from a task by itself."""

    span: JsonSpan
    tasks: tuple[Written, ...]
    listed: bool

    @classmethod
    def of(cls, span: JsonSpan) -> "_Part":
        if span.doubt:
            return cls(span, tuple(_certain(span.text)) if _speaks_of_tasks(span.text) else (), listed=True)
        alone = written(span.value) if is_task(span.value) else None
        return cls(span, (alone,) if alone else tuple(collect(span.value)), alone is None)

    @property
    def speaks_of_tasks(self) -> bool:
        return bool(self.tasks) or _speaks_of_tasks(self.span.text)

    @property
    def breaks_off(self) -> bool:
        return bool(self.span.doubt and _BROKEN_OFF.match(self.span.text))

    def complaints(self) -> Iterator[str]:
        if self.span.doubt:
            yield f"Part of the plan cannot be read: {self.span.doubt}"
        elif self.listed and (count := self._mentioned()) > len(self.tasks):
            yield f"Of {count} tasks {len(self.tasks)} stand as members of one list."

    def _mentioned(self) -> int:
        """How many task types it names; in the text, too, where a repair may have moved them."""
        quoted = _QUOTED.findall(self.span.text)[:_LOOKED_AT] if self.span.repaired else []
        return max(mentioned(self.span.value), sum(map(known, quoted)))


def _speaks_of_tasks(text: str) -> bool:
    return any(word in LISTS or known(word) for word in _WORD.findall(text)[:_LOOKED_AT])


def _certain(text: str) -> Iterator[Written]:
    """The first members of the last list in a text that is in doubt; from the first that cannot be read none is."""
    members: list[str] = []
    for place, member in Scanner().feed(text):
        members = [*members, member] if place else [member]
    for member in members:
        try:
            yield member_of(clean.json(json.loads(member, strict=False)))
        except (ValueError, RecursionError):
            yield Written("", unread=member[:SHOWN])
            return


def _plan(text: str, parts: Sequence[_Part]) -> Reply | None:
    """The last list of tasks, or else the tasks that stand by themselves, with what else speaks of tasks."""
    last = max((number for number, part in enumerate(parts) if part.tasks and part.listed), default=None)
    if last is None:
        return _singles(text, parts)
    left = [part for part in parts[last + 1 :] if part.speaks_of_tasks or part.breaks_off]
    more = ["After the list of tasks there are more."] if left or _beside(text, parts, parts[last].span.end) else []
    more += ["The plan that was announced did not come."] if text.endswith(":") else []
    return Reply(parts[last].tasks, complaints=(*parts[last].complaints(), *more))


def _singles(text: str, parts: Sequence[_Part]) -> Reply | None:
    """Tasks without a list around them, such as one a line."""
    if not any(part.tasks for part in parts):
        return None
    plans = [part for part in parts if part.speaks_of_tasks or part.span.doubt]
    gaps = [text[part.span.end : other.span.start] for part, other in pairwise(plans)]
    apart = not all(map(_BETWEEN.fullmatch, gaps)) or not all(part.tasks for part in plans) or _beside(text, parts)
    complaints = ["There are several tasks, but no one list of all."] if apart else []
    complaints += [complaint for part in plans for complaint in part.complaints()]
    return Reply(tuple(task for part in plans for task in part.tasks), complaints=tuple(dict.fromkeys(complaints)))


def _beside(text: str, parts: Sequence[_Part], start: int = 0) -> bool:
    """Whether the name of a task type stands in quotation marks outside of all JSON: a bracket is wrong before it."""
    spans = [part.span for part in parts if part.span.start >= start]
    ends, starts = [start, *(span.end for span in spans)], [*(span.start for span in spans), len(text)]
    return any(
        known(name) for at, to in zip(ends, starts, strict=True) for name in _QUOTED.findall(text[at:to])[:_LOOKED_AT]
    )


def _said(parts: Sequence[_Part]) -> Reply | None:
    """The last reply or question in the text."""
    for part in reversed(parts):
        value = part.span.value if isinstance(part.span.value, dict) else {}
        said = {key: str(value.get(key) or "").strip() for key in ("question", *_REPLY)}
        text = next((said[key] for key in _REPLY if said[key]), "")
        if text or said["question"]:
            return Reply((), text, said["question"], tuple(part.complaints()))
    return None


def _words(text: str, parts: Sequence[_Part]) -> Reply:
    """An answer in mere words; none where it is JSON that says nothing, or breaks off where JSON begins."""
    lost = any(part.breaks_off or (part.span.doubt and part.speaks_of_tasks) for part in parts)
    return Reply(text="" if lost or text.startswith(("{", "[", "```")) else text)
