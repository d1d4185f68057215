"""What is asked now, and which files it may speak of."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Self

from langchain_core.messages import AnyMessage, HumanMessage

from graph.answer import shorten
from graph.arrivals import Arrivals
from graph.planning.files import Files
from graph.state import Plan, State, Task, merge_resources
from tools import clean
from tools.errors import InputError
from tools.files.resources import admit, from_content, is_link, mentioned, name_of

_INSTRUCTIONS = 8_000  # characters that are told to the controller's model
_OUTPUT_NAME = re.compile(
    r"\b(?:save|store|write|export|name|call)\b[^.!?\n]{0,60}\b(?:as|to|into|in|it)\s+[\"'`]?$", re.I
)


@dataclass(frozen=True)
class Request:
    """One request: its text, the files that came with it, and the conversation's files and messages before it."""

    text: str
    given: list[str]
    previous: list[str]  # oldest first
    message: HumanMessage
    history: Sequence[AnyMessage] = field(default=())
    done: Sequence[Task] = ()  # the tasks of the request before, where the state still holds them
    instructions: str = ""  # of the run, beside our own prompt
    rest: Callable[[], Awaitable["Request"]] | None = None  # how the files arrive that are known by name only

    @property
    def files(self) -> Files:
        """The files by the names that a plan may use for them."""
        return Files(self.given, self.previous)

    @property
    def resources(self) -> list[str]:
        """Every file that the request may speak of."""
        return merge_resources(self.previous, self.given)

    async def whole(self) -> "Request":
        """The request once every file of it is there, under its path."""
        return await self.rest() if self.rest else self


def last_human(messages: Sequence[AnyMessage]) -> HumanMessage:
    """The message to be answered.

    Raises:
        InputError: nobody has said anything.
    """
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            return message
    raise InputError("There is no request; send a message that says what to do.")


def instructed(state: State, further: str = "") -> str:
    """What the client's system messages ask of planning and answering, and the run's ``further`` instructions."""
    said = [message.text for message in state.get("messages") or [] if message.type == "system"]
    return clean.text(shorten("\n\n".join(filter(None, [*said, further])), _INSTRUCTIONS))


def seen(state: State) -> list[str]:
    """The files of the conversation before this request, given and made, oldest first."""
    made = [path for result in state.get("results") or [] for path in result.files]
    return merge_resources(state.get("resources", [])[: state.get("seen", 0)], made)


@dataclass(frozen=True)
class _Turn:
    """What the last message and the state say, before any file of it is looked at."""

    message: HumanMessage
    text: str
    sent: list[str]  # the references beside the text
    seen: list[str]  # the conversation's files before
    before: Sequence[AnyMessage]
    done: Sequence[Task]

    @classmethod
    def of(cls, state: State) -> Self:
        message = last_human(state.get("messages") or [])
        text, attached = from_content(clean.json(message.content))
        sent = merge_resources(state.get("resources", [])[state.get("seen", 0) :], attached)
        if not text.strip() and not sent:
            raise InputError("The request is empty; say what to do.")
        before = [said for said in state.get("messages") or [] if said.type in {"human", "ai"} and said is not message]
        return cls(message, text, sent, seen(state), before, (state.get("plan") or Plan()).tasks)

    @property
    def references(self) -> list[str]:
        return merge_resources(self.sent, list(self._named().values()))

    def _named(self) -> dict[str, str]:
        """What is named in the text, and the reference meant by it: a bare name may be that of a file at hand."""
        at_hand = {name_of(reference).lower(): reference for reference in [*self.seen, *self.sent]}
        return {name: at_hand.get(name.lower(), name) for name in _named(self.text)}

    def request(self, paths: Mapping[str, str], earlier: Sequence[str]) -> Request:
        """The request with every reference replaced by what was found for it."""
        meant = self._named()
        names = "|".join(map(re.escape, sorted(meant, key=len, reverse=True)))  # one name may end with another
        text = re.sub(names, lambda name: paths[meant[name[0]]], self.text) if meant else self.text
        given = merge_resources(None, list(paths.values()))
        previous = [path for path in earlier if path not in given]
        return Request(text, given, previous, _light(self.message, text), self.before, self.done)


@asynccontextmanager
async def reading(state: State) -> AsyncIterator[Request]:
    """The request of this turn, as soon as the names of its files are certain; they arrive while it is worked on.

    A file that cannot be used ends that work at once.

    Raises:
        InputError: the request is empty, or a file of it cannot be used.
    """
    turn = _Turn.of(state)
    try:
        async with asyncio.TaskGroup() as group:
            files, retold = Arrivals(turn.references, group), group.create_task(_retold(state))
            earlier = merge_resources(await retold, seen(state))

            async def rest() -> Request:
                return turn.request(await files.paths(), earlier)

            yield replace(turn.request(await files.names(), earlier), rest=rest)
    except BaseExceptionGroup as errors:  # of several files the first is enough
        raise errors.exceptions[0] from None


def again(state: State) -> Request:
    """The request that was planned already, with the files that were made for it since."""
    message = last_human(state.get("messages") or [])
    given = state.get("given", [])
    made = [path for result in state.get("results") or [] for path in result.files]
    previous = [path for path in merge_resources(state.get("resources", []), made) if path not in given]
    before = [said for said in state.get("messages") or [] if said.type in {"human", "ai"} and said is not message]
    return Request(state.get("request", ""), given, previous, message, before)


async def read(state: State) -> Request:
    """The request as it is sent to a run: local files checked, attached data saved; links are left to the run.

    Raises:
        InputError: the request is empty, or a file of it cannot be used.
    """
    turn = _Turn.of(state)
    paths = {reference: reference if is_link(reference) else await admit(reference) for reference in turn.references}
    return turn.request(paths, seen(state))


async def _retold(state: State) -> list[str]:
    """The files of earlier messages, where a client sends the whole conversation each time (OpenAI's do).

    Those that cannot be used are left out: only the last message's are what is asked about.
    """
    references: list[str] = []
    for message in [] if "seen" in state else (state.get("messages") or [])[:-1]:
        with suppress(InputError):
            text, attached = from_content(message.content)
            references += merge_resources(attached, _named(text))
    return [path for path in await asyncio.gather(*map(_usable, references)) if path]


async def _usable(reference: str) -> str | None:
    with suppress(InputError):
        return await admit(reference)
    return None


def _named(text: str) -> list[str]:
    """The files and links named in a text, but for names that results are to be given."""
    return [name for name in mentioned(text) if not _OUTPUT_NAME.search(text[: text.index(name)])]


def _light(message: HumanMessage, text: str) -> HumanMessage:
    """The message without bytes in it: attached data is on disk by now, and the state carries references only."""
    if isinstance(message.content, str):
        return message.model_copy(update={"content": text})
    blocks: list[Any] = [clean.json(block) for block in message.content if not _carries_data(block)]
    return message.model_copy(update={"content": blocks})


def _carries_data(block: object) -> bool:
    return isinstance(block, dict) and block.get("type") != "text" and len(str(block)) > 4096
