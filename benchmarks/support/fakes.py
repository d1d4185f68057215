"""A designed chat model: answers from a queue or a rule, with settable latency, and counts what it is asked."""

# ruff: noqa: ANN401, ARG002 -- the signatures are those of BaseChatModel

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.output_parsers import JsonOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

Answer = str | Exception | dict[str, Any] | list[Any]
_TOKEN = re.compile(r"\s*\S{1,5}|\s+$")  # about what a token is


@dataclass(frozen=True)
class Asked:
    """One call: the messages, about how many tokens they are, and the options bound to the call."""

    messages: list[BaseMessage]
    prompt_tokens: int
    options: dict[str, Any]


class QueueChat(BaseChatModel):
    """Gives its ``answers`` one after the other, or what the rule ``answers`` makes of the messages.

    An exception among the answers is raised. ``first_token`` and ``per_token`` are seconds; a ``profile`` that
    names ``structured_output`` makes callers use it.
    """

    answers: Sequence[Answer] | Callable[[list[BaseMessage]], Answer]
    first_token: float = 0.0
    per_token: float = 0.0
    _calls: list[Asked] = PrivateAttr(default_factory=list)
    _due: float = PrivateAttr(default=0.0)

    @property
    def calls(self) -> list[Asked]:
        """What was asked, in order."""
        return self._calls

    @property
    def prompt_tokens(self) -> int:
        """Tokens of all prompts together, approximately."""
        return sum(call.prompt_tokens for call in self._calls)

    @property
    def seconds(self) -> float:
        """How long all answers together were meant to take."""
        return self._due

    @property
    def _llm_type(self) -> str:
        return "queue"

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        include_raw: bool = False,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Bind the schema, as the models of real providers do."""
        return self.bind(response_format=schema, include_raw=include_raw, **kwargs) | JsonOutputParser()

    def _next(self, messages: list[BaseMessage], options: dict[str, Any]) -> str:
        self._calls.append(Asked(messages, count_tokens_approximately(messages), options))
        if callable(self.answers):
            answer = self.answers(messages)
        elif len(self._calls) > len(self.answers):
            raise IndexError(f"The queue has {len(self.answers)} answers, and was asked once more.")
        else:
            answer = self.answers[len(self._calls) - 1]
        if isinstance(answer, Exception):
            raise answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self._due += self._seconds(text)
        return text

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = self._next(messages, kwargs)
        time.sleep(self._seconds(text))
        return self._result(messages, text)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = self._next(messages, kwargs)
        await asyncio.sleep(self._seconds(text))
        return self._result(messages, text)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        begun = time.perf_counter()
        for chunk, due in self._chunks(messages, self._next(messages, kwargs)):
            if (wait := begun + due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _chunks(self, messages: list[BaseMessage], text: str) -> Iterator[tuple[ChatGenerationChunk, float]]:
        """Every token and when it is due, in seconds from the call; the usage comes last."""
        tokens = _TOKEN.findall(text)
        for number, token in enumerate(tokens):
            due = self.first_token + number * self.per_token
            yield ChatGenerationChunk(message=AIMessageChunk(content=token)), due
        usage = self._usage(messages, text)
        last = AIMessageChunk(content="", usage_metadata=usage, chunk_position="last")
        yield ChatGenerationChunk(message=last), self._seconds(text)

    def _seconds(self, text: str) -> float:
        return self.first_token + max(0, len(_TOKEN.findall(text)) - 1) * self.per_token

    def _result(self, messages: list[BaseMessage], text: str) -> ChatResult:
        message = AIMessage(text, usage_metadata=self._usage(messages, text))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _usage(self, messages: list[BaseMessage], text: str) -> Any:
        read, written = count_tokens_approximately(messages), len(_TOKEN.findall(text))
        return {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
