"""Stage 4: the answer first, then how it came about."""

from typing import Any

from langgraph.runtime import Runtime

from graph.context import Context
from graph.state import State


async def respond(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Answer the user from the results."""
    raise NotImplementedError
