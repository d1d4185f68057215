"""What is asked now, and which files it may speak of."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage

from graph.planning.files import Files
from graph.state import State, merge_resources
from tools.errors import InputError
from tools.resources import admit, from_content, mentioned

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
    instructions: str = ""  # of the run, beside our own prompt

    @property
    def files(self) -> Files:
        """The files by the names that a plan may use for them."""
        return Files(self.given, self.previous)

    @property
    def resources(self) -> list[str]:
        """Every file that the request may speak of."""
        return merge_resources(self.previous, self.given)


def last_human(messages: Sequence[AnyMessage]) -> HumanMessage:
    """The message to be answered.

    Raises:
        InputError: nobody has said anything.
    """
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            return message
    raise InputError("There is no request; send a message that says what to do.")


def seen(state: State) -> list[str]:
    """The files of the conversation before this request, given and made, oldest first."""
    made = [path for result in state.get("results") or [] for path in result.files]
    return merge_resources(state.get("resources", [])[: state.get("seen", 0)], made)


async def read(state: State) -> Request:
    """The request of this turn, with every file checked and brought to a local path.

    Raises:
        InputError: the request is empty, or a file of it cannot be used.
    """
    message = last_human(state["messages"])
    text, attached = from_content(message.content)
    sent = merge_resources(state.get("resources", [])[state.get("seen", 0) :], attached)
    if not text.strip() and not sent:
        raise InputError("The request is empty; say what to do.")
    paths = {reference: await admit(reference) for reference in merge_resources(sent, _named(text))}
    for reference in _named(text):
        text = text.replace(reference, paths[reference])
    given = merge_resources(None, list(paths.values()))
    previous = [path for path in merge_resources(await _retold(state), seen(state)) if path not in given]
    history = [each for each in state["messages"] if each.type in {"human", "ai"} and each is not message]
    return Request(text, given, previous, _light(message, text), history)


async def _retold(state: State) -> list[str]:
    """The files of earlier messages, where a client sends the whole conversation each time (OpenAI's do).

    Those that cannot be used are left out: only the last message's are what is asked about.
    """
    found: list[str] = []
    for message in [] if "seen" in state else state["messages"][:-1]:
        with suppress(InputError):
            text, attached = from_content(message.content)
            found += [await admit(reference) for reference in merge_resources(attached, _named(text))]
    return found


def _named(text: str) -> list[str]:
    """The files and links named in a text, but for names that results are to be given."""
    return [name for name in mentioned(text) if not _OUTPUT_NAME.search(text[: text.index(name)])]


def _light(message: HumanMessage, text: str) -> HumanMessage:
    """The message without bytes in it: attached data is on disk by now, and the state carries references only."""
    if isinstance(message.content, str):
        return message.model_copy(update={"content": text})
    blocks: list[Any] = [block for block in message.content if not _carries_data(block)]
    return message.model_copy(update={"content": blocks})


def _carries_data(block: object) -> bool:
    return isinstance(block, dict) and block.get("type") != "text" and len(str(block)) > 4096
