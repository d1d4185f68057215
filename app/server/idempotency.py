"""Requests that are sent again because nobody knows whether they arrived: run once, answered as often as asked.

A request with the header ``Idempotency-Key`` goes on when its client leaves; whoever sends the same again, to whichever
process, gets the same answer for a day. Forms are not covered: a client that repeats one writes its bytes anew.
"""

import asyncio
import base64
import hashlib
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.checkpoints import LazyMemory, Memory
from app.data.notes import ANSWERS
from app.leases import Busy
from app.server.refusals import BROKEN, Refusal, refuse

HEADER, REPEATED = "idempotency-key", "Idempotent-Replayed"
RUNS = ("/v1/", "/runs", "/threads/", "/hugginggpt", "/tasks", "/results", "/mcp")
FORMS = ("/v1/audio/transcriptions",)
DAY = 86_400.0  # seconds
LONGEST = 255  # characters of a key
LARGEST = 32 * 2**20  # bytes of an answer that is kept
ELSEWHERE = 0.5  # seconds between two looks for an answer that another process works on
log = logging.getLogger(__name__)


@dataclass
class Answer:
    """An answer as far as it has come. ``asked`` tells requests apart."""

    asked: str
    messages: list[Message] = field(default_factory=list)
    over: bool = False
    task: asyncio.Task[None] | None = None
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, message: Message) -> None:
        """Add what comes next."""
        self.messages.append(message)
        self._wake()

    def end(self) -> None:
        """Nothing more comes."""
        self.over = True
        self._wake()

    async def tell(self, send: Send) -> None:
        """Send it from its begin, and on as it comes."""
        sent = 0
        while True:
            more = self._more
            for message in (new := self.messages[sent:]):
                await send(message)
            sent += len(new)
            if self.over and sent == len(self.messages):
                return
            if more is self._more:
                await more.wait()

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()


class Idempotency:
    """ASGI middleware within the guard, which says whose a request is, and behind what takes bodies in whole."""

    def __init__(self, app: ASGIApp, *, memory: LazyMemory) -> None:
        self.app, self._memory = app, memory
        self._running: dict[tuple[str, str], Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, or give the answer that it had."""
        key = Headers(scope=scope).get(HEADER) if _runs_something(scope) else None
        if key is None:
            await self.app(scope, receive, send)
            return
        if not 0 < len(key) <= LONGEST:
            await refuse(scope, receive, send, Refusal(422, f"{HEADER} takes 1 to {LONGEST} characters."))
            return
        body = (await receive()).get("body", b"")  # whole, as it passed the intake
        answer = self._begun(scope, key, body)
        if answer.asked != _asked(scope, body):
            await refuse(scope, receive, send, _other())
            return
        await answer.tell(send)

    def _begun(self, scope: Scope, key: str, body: bytes) -> Answer:
        """The answer under way, begun now unless it was before."""
        name = scope["user"].display_name, hashlib.sha256(key.encode()).hexdigest()
        if name not in self._running:
            answer = self._running[name] = Answer(_asked(scope, body))
            answer.task = asyncio.create_task(self._give(name, answer, scope, body))
            answer.task.add_done_callback(lambda _task: self._running.pop(name))
        return self._running[name]

    async def _give(self, name: tuple[str, str], answer: Answer, scope: Scope, body: bytes) -> None:
        try:
            memory = await self._memory()
            while not await _repeat(memory, name, answer, scope):
                try:
                    async with memory.leases.held("/".join(["answer", *name])):
                        if not await _repeat(memory, name, answer, scope):
                            await self.app(scope, _once(body), answer.take)
                            await _keep(memory, name, answer)
                        return
                except Busy:  # in another process
                    await asyncio.sleep(ELSEWHERE)
        except Exception:
            log.exception("A request failed")
        finally:
            if not answer.messages:
                await refuse(scope, _once(b""), answer.take, Refusal(500, BROKEN))
            answer.end()


async def _repeat(memory: Memory, name: tuple[str, str], answer: Answer, scope: Scope) -> bool:
    """Whether the request was answered before; then this is the answer."""
    known = await memory.store.aget(_shelf(name[0]), name[1])
    kept: dict[str, Any] = known.value if known else {}
    if not kept or kept["at"] < time.time() - DAY:
        return False
    if kept["asked"] != answer.asked:
        await refuse(scope, _once(b""), answer.take, _other())
        return True
    start: Message = {"type": "http.response.start", "status": kept["status"], "headers": []}
    start["headers"] = [(header.encode("latin-1"), value.encode("latin-1")) for header, value in kept["headers"]]
    MutableHeaders(scope=start)[REPEATED] = "true"
    await answer.take(start)
    await answer.take({"type": "http.response.body", "body": base64.b64decode(kept["body"])})
    return True


async def _keep(memory: Memory, name: tuple[str, str], answer: Answer) -> None:
    """Keep an answer that is one: after a failure the same request may be tried again."""
    start, *rest = answer.messages
    body = b"".join(message.get("body", b"") for message in rest)
    if not 200 <= start["status"] < 300 or len(body) > LARGEST:
        return
    headers = [(header.decode("latin-1"), value.decode("latin-1")) for header, value in start["headers"]]
    kept = {"asked": answer.asked, "at": time.time(), "status": start["status"], "headers": headers}
    encoded = base64.b64encode(body).decode()
    await memory.store.aput(_shelf(name[0]), name[1], {**kept, "body": encoded}, index=False)


def _runs_something(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST" or "user" not in scope:
        return False
    return bool(scope["path"].startswith(RUNS)) and scope["path"].rstrip("/") not in FORMS


def _asked(scope: Scope, body: bytes) -> str:
    parts = (scope["path"].encode(), scope["query_string"], body)
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _once(body: bytes) -> Receive:
    """A client that has sent this, and then waits for ever."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    return receive


def _other() -> Refusal:
    return Refusal(422, "This Idempotency-Key was sent with another request before; use a new key for a new request.")


def _shelf(owner: str) -> tuple[str, ...]:
    return ANSWERS, *owner.split("/")
