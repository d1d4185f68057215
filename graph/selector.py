"""Stage 2: a model for every task."""

from typing import Any

from langgraph.runtime import Runtime

from graph.context import Context
from graph.state import State


async def select(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Choose a model and its fallbacks for every task of the plan."""
    raise NotImplementedError
