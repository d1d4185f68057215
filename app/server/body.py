"""What clients send, checked. Fields that mean nothing here are refused rather than ignored."""

from typing import Any, Literal, TypeVar, cast

from langchain_core.messages import AnyMessage, convert_to_messages
from pydantic import BaseModel, Field
from starlette.requests import Request

from graph.state import InputState
from tools.errors import InputError

Role = Literal["system", "developer", "user", "assistant"]
M = TypeVar("M", bound=BaseModel)


class Message(BaseModel, extra="forbid"):
    """One message: a text, or text and media in content blocks of any spelling."""

    role: Role
    content: str | list[dict[str, Any]]
    name: str | None = None


class Conversation(BaseModel, extra="forbid"):
    """The body of the original's routes."""

    messages: list[Message] = Field(min_length=1)

    def as_input(self) -> InputState:
        """The conversation as the graph takes it."""
        messages = [message.model_dump(exclude_none=True) for message in self.messages]
        return InputState(messages=cast("list[AnyMessage]", convert_to_messages(messages)))


async def read(request: Request, model: type[M]) -> M:
    """The body as that model. Raises InputError or pydantic's ValidationError."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError("Send JSON with the header Content-Type: application/json.")
    return model.model_validate_json(await request.body())
