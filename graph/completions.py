"""OpenAI's chat completions, streamed as plain JSON.

OpenAI's client builds models of its own from every piece of a stream, and LangChain takes them apart again: two thirds
of the time that a streamed answer costs this process.
"""

from typing import Any

from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI, AsyncStream


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
        body = {**payload, **(extra_body or {})}
        stream_of = AsyncStream[object]
        return await self._client.post(
            "/chat/completions", body=body, cast_to=object, stream=True, stream_cls=stream_of
        )
