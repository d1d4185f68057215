"""What clients of the original's routes send, checked."""

import asyncio
import math
from typing import Any, Literal, TypeVar, cast

from langchain_core.messages import AnyMessage, convert_to_messages
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.server.wire import SHORT
from graph.state import InputState
from tools.errors import InputError

Role = Literal["system", "developer", "user", "assistant"]
M = TypeVar("M", bound=BaseModel)


class Message(BaseModel, extra="ignore"):
    """One message: a text, or text and media in content blocks of any spelling."""

    role: Role
    content: str | list[dict[str, Any]]
    name: str | None = None


class Conversation(BaseModel, extra="ignore"):
    """The body of the original's routes.

    Its web page sends ``model``, ``api_key``, ``api_type`` and ``api_endpoint``, too: whose key pays for which model
    is for the owner of this server to say, so they change nothing and are kept nowhere.
    """

    messages: list[Message] = Field(min_length=1)

    def as_input(self) -> InputState:
        """The conversation as the graph takes it."""
        messages = [message.model_dump(exclude_none=True) for message in self.messages]
        return InputState(messages=cast("list[AnyMessage]", convert_to_messages(messages)))


async def read(request: Request, model: type[M]) -> M:
    """The body as that model. Raises InputError or pydantic's ValidationError."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError("Send JSON with the header Content-Type: application/json.")
    body = await request.body()
    if len(body) > SHORT:
        return await asyncio.to_thread(model.model_validate_json, body)
    return model.model_validate_json(body)


def finite(value: object) -> Any:  # noqa: ANN401 - any JSON
    """The value with null for the numbers that JSON cannot hold: NaN and the infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value
