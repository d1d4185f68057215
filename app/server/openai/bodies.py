"""What OpenAI's clients send: typed where it means something here; whatever else they send changes nothing."""

from collections.abc import Sequence
from typing import Any, Literal, cast

from langchain_core.messages import AnyMessage, convert_to_messages
from pydantic import BaseModel, Field, field_validator

from app.server.openai.wrapping import unwrapped
from graph.state import InputState

CONVERSED = {"system", "developer", "user", "assistant"}  # other roles hold what a client's own tools said


class Message(BaseModel):
    """One message: a text, or text and media in content blocks of any spelling."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None


class Format(BaseModel):
    """What an answer must be: words, or JSON that fits a schema."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: dict[str, Any] | None = None

    @field_validator("json_schema")
    @classmethod
    def _named_schema(cls, given: dict[str, Any] | None) -> dict[str, Any] | None:
        for name, kind in {"schema": dict, "name": str, "description": str}.items():
            if not isinstance((given or {}).get(name), kind | None):
                raise ValueError(f"{name} must be {'an object' if kind is dict else 'a text'}")
        return given

    @property
    def wanted(self) -> dict[str, Any] | None:
        """The schema that the answer must fit, with a title; None where words are wanted."""
        if self.type == "text":
            return None
        given = self.json_schema or {}
        schema = given.get("schema") or {"type": "object"}
        return {"title": given.get("name") or "answer", "description": given.get("description") or "", **schema}


class Completion(BaseModel):
    """The body of ``/v1/chat/completions``."""

    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = False
    stream_options: dict[str, Any] | None = None
    n: Literal[1] | None = 1
    logprobs: Literal[False] | None = None
    stop: str | list[str] | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    response_format: Format | None = None

    def as_input(self) -> InputState:
        """The conversation as the graph takes it."""
        return conversation([message.model_dump() for message in self.messages])

    @property
    def stops(self) -> list[str]:
        """Where the answer ends at the latest."""
        return [stop for stop in ([self.stop] if isinstance(self.stop, str) else self.stop or []) if stop]

    @property
    def most(self) -> int | None:
        """Tokens that the answer may have."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def schema_wanted(self) -> dict[str, Any] | None:
        """The JSON schema that the answer must fit, if any."""
        return self.response_format.wanted if self.response_format else None


def conversation(messages: Sequence[dict[str, Any]]) -> InputState:
    """Messages as the graph takes them: what people and models said, without the calls of a client's own tools."""
    said = [
        {"role": message["role"], "content": unwrapped(message["content"])}
        for message in messages
        if message.get("role") in CONVERSED and message.get("content")
    ]
    return InputState(messages=cast("list[AnyMessage]", convert_to_messages(said)))
