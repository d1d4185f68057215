"""OpenAI's chat completions, streamed as plain JSON, and without what models think before they answer.

OpenAI's client builds models of its own from every piece of a stream, and LangChain takes them apart again: two thirds
of the time that a streamed answer costs this process. And what is cut here never reaches anybody who listens along.
"""

from collections.abc import AsyncIterator
from typing import Any, Self

from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI, AsyncStream

from tools.thoughts import Thoughts


def lean(model: ChatOpenAI) -> ChatOpenAI:
    """The model, its streams read as they come."""
    model.async_client = Completions(model.root_async_client)
    return model


class Completions:
    """What LangChain calls of ``client.chat.completions``."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the client offers
        return getattr(self._client.chat.completions, name)

    async def create(self, *, extra_body: dict[str, Any] | None = None, **payload: Any) -> Any:  # noqa: ANN401 - as above
        """The answer, or a stream of the dictionaries of which it consists."""
        if not payload.get("stream"):
            return await self._client.chat.completions.create(extra_body=extra_body, **payload)
        body, kind = {**payload, **(extra_body or {})}, AsyncStream[object]
        return Spoken(
            await self._client.post("/chat/completions", body=body, cast_to=object, stream=True, stream_cls=kind)
        )


class Spoken:
    """A stream whose first words are held back until it is clear that they are no thoughts."""

    def __init__(self, stream: AsyncStream[object]) -> None:
        self._stream = stream

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stream.close()

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        spoken = Thoughts()
        async for chunk in self._stream:
            if isinstance(chunk, dict):
                for delta in _deltas(chunk):
                    delta["content"] = spoken(delta["content"])
                yield chunk


def _deltas(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    """Where a piece has words, whatever else a server writes."""
    choices = [choice for choice in chunk.get("choices") or [] if isinstance(choice, dict)]
    deltas = [choice["delta"] for choice in choices if isinstance(choice.get("delta"), dict)]
    return [delta for delta in deltas if isinstance(delta.get("content"), str)]
