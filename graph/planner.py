"""Stage 1: from the conversation to a valid plan."""

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command

from graph.context import Context
from graph.state import State


async def plan(state: State, runtime: Runtime[Context]) -> Command[Literal["select", "__end__"]]:
    """Plan the request; without a task to run, answer or ask, and end."""
    raise NotImplementedError
