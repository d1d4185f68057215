"""Run options, typed, and the chat model they name."""

import asyncio
from typing import TYPE_CHECKING, Literal

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from tools.backends import llm
from tools.backends.base import Mode

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class Context(BaseModel, extra="forbid"):
    """Options of one run. Names only, never keys: every value is copied into traces."""

    llm: str = Field("auto", description="Controller: auto, offline, or provider:model such as openai:gpt-4o-mini")
    mode: Mode = Field("auto", description="Where models run: auto, local, endpoint, or hybrid (local first)")
    select: Literal["llm", "rank"] = Field("llm", description="Who chooses among candidates: the model, or the ranking")
    top_k: int = Field(5, ge=1, le=20, description="How many candidates the model chooses among")
    approve_plan: bool = Field(default=False, description="Ask before anything runs")
    cache: bool = Field(default=True, description="Reuse results of deterministic tasks")
    task_timeout: float = Field(120, gt=0, le=3600, description="Seconds one call of a model may take")


def options(runtime: Runtime[Context]) -> Context:
    """The run's options; a caller in this process may give none."""
    return runtime.context or Context()


async def controller(context: Context) -> "BaseChatModel | None":
    """The chat model of this run, or None when the controller is the offline one. Call it first in every node.

    Raises:
        ConfigError: the model's name, package or key is missing or wrong.
    """
    from graph.chat_models import chat_model  # its first import takes a while: never on the event loop

    model = await asyncio.to_thread(chat_model, context.llm)
    llm.chat_model.set(model)  # what its backend offers and runs on, in this node and all that it starts
    return model
