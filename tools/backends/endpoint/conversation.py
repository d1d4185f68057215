"""Calls whose work is done in threads, and whose waiting is done on the event loop.

Encoding media and reading large answers take time that the event loop has not; waiting for networks in threads takes
threads. So a call is written as one coroutine that awaits nothing but posts, and is driven from post to post.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
Talk = Coroutine["Post", httpx.Response | None, T]


@dataclass(frozen=True)
class Post:
    """A request. Awaited inside a conversation, it gives the response, whatever its status."""

    url: str
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def __await__(self) -> Generator["Post", httpx.Response, httpx.Response]:
        return (yield self)


async def converse(begin: Callable[[], Talk[T]], send: Callable[[Post], Awaitable[httpx.Response]]) -> T:
    """The outcome of the coroutine that ``begin`` makes: its posts go through ``send``, all else is done in threads."""
    talk, response = _Driven(begin), None
    while isinstance(said := await asyncio.to_thread(talk.go_on, response), Post):
        response = await send(said)
    outcome: T = said.value
    return outcome


@dataclass(frozen=True)
class _Outcome:
    value: Any


class _Driven:
    """A coroutine that begins in the thread that first drives it."""

    def __init__(self, begin: Callable[[], Talk[Any]]) -> None:
        self._begin = begin
        self._talk: Talk[Any] | None = None

    def go_on(self, response: httpx.Response | None) -> Post | _Outcome:
        """The next post, or the outcome: not raised, as no future takes a StopIteration."""
        self._talk = self._talk or self._begin()
        try:
            return self._talk.send(response)
        except StopIteration as end:
            return _Outcome(end.value)
