"""Run options, typed, and the chat model they name."""

from typing import Literal

from pydantic import BaseModel, Field

from tools.backends.base import Mode


class Context(BaseModel, extra="forbid"):
    """Options of one run. Names only, never keys: every value is copied into traces."""

    llm: str = Field("auto", description="Controller: auto, offline, or provider:model such as openai:gpt-4o-mini")
    mode: Mode = Field("auto", description="Where models run: auto, local, endpoint, or hybrid (local first)")
    select: Literal["llm", "rank"] = Field("llm", description="Who chooses among candidates: the model, or the ranking")
    top_k: int = Field(5, ge=1, le=20, description="How many candidates the model chooses among")
    approve_plan: bool = Field(default=False, description="Ask before anything runs")
    cache: bool = Field(default=True, description="Reuse results of deterministic tasks")
    task_timeout: float = Field(120, gt=0, le=3600, description="Seconds one call of a model may take")
