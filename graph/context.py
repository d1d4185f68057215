"""Run options, typed, and the chat model they name."""

import asyncio
from typing import TYPE_CHECKING, Literal

from langgraph.config import get_config
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field, field_validator
from pydantic.config import JsonDict

from graph.state import Approval
from tools.backends import llm
from tools.protocol import Mode

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def _form(*nodes: str, **more: str) -> JsonDict:
    """Hints by which LangGraph Studio puts a field on the form of the stages it concerns."""
    return {"langgraph_nodes": list(nodes), **more}


class Context(BaseModel, extra="forbid"):
    """Options of one run. Names only, never keys: every value is copied into traces."""

    llm: str = Field(
        "auto",
        description="Controller: auto, offline, or provider:model such as openai:gpt-4o-mini",
        json_schema_extra=_form("plan", "select", "respond"),
    )
    instructions: str = Field(
        "",
        max_length=4000,
        description="Further instructions for planning, told to the controller's model",
        json_schema_extra=_form("plan", langgraph_type="prompt"),
    )
    mode: Mode = Field(
        "auto",
        description="Where models run: auto, local, endpoint, or hybrid (local first)",
        json_schema_extra=_form("plan", "select"),
    )
    fallback: Literal["offline", "none"] = Field(
        "offline",
        description="When the controller fails: plan and answer by rule, with a note, or end in its error",
        json_schema_extra=_form("plan"),
    )
    select: Literal["llm", "rank"] = Field(
        "llm",
        description="Who chooses among candidates: the model, or the ranking",
        json_schema_extra=_form("select"),
    )
    top_k: int = Field(
        5, ge=1, le=20, description="How many candidates the model chooses among", json_schema_extra=_form("select")
    )
    approve_plan: Approval = Field(
        "effects",
        description="Ask a person before any plan runs (always), before tasks that may cost money or have effects "
        "outside (cost), before those with effects outside (effects: added tools that do more than read), or never",
        json_schema_extra=_form("plan", "execute"),
    )
    cache: bool = Field(
        default=True, description="Reuse results of deterministic tasks", json_schema_extra=_form("execute")
    )
    early: Literal["free", "all", "never"] = Field(
        "free",
        description="Begin tasks while their plan is still being written: those that cost nothing, all (and ask the "
        "controller for their models meanwhile), or none",
        json_schema_extra=_form("plan"),
    )
    task_timeout: float = Field(
        120,
        gt=0,
        le=3600,
        description="Seconds one call of a model may take",
        json_schema_extra=_form("execute"),
    )

    @field_validator("approve_plan", mode="before")
    @classmethod
    def _ticked(cls, value: object) -> object:
        """A box that is ticked asks about every plan; one that is not leaves the default."""
        return ("always" if value else "effects") if isinstance(value, bool) else value


def options(runtime: Runtime[Context]) -> Context:
    """The run's options; a caller in this process may give none."""
    return runtime.context or Context()


def owner() -> str:
    """Whose run this is, on a server; empty elsewhere."""
    return str(get_config()["configurable"].get("langgraph_auth_user_id") or "")


async def controller(context: Context, *, failed: bool = False) -> "BaseChatModel | None":
    """The chat model of this run, or None when the controller is the offline one. Call it first in every node.

    Where it has ``failed`` in this request, the offline one does the rest.

    Raises:
        ConfigError: the model's name, package or key is missing or wrong.
    """
    from graph.chat_models import chat_model  # its first import takes a while: never on the event loop

    model = None if failed else await asyncio.to_thread(chat_model, context.llm)
    llm.chat_model.set(model)  # what its backend offers and runs on, in this node and all that it starts
    return model
