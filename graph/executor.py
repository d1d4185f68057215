"""Stage 3: run the tasks, each as soon as its own dependencies are done."""

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command

from graph.context import Context
from graph.state import State


async def execute(state: State, runtime: Runtime[Context]) -> Command[Literal["respond", "plan", "select", "__end__"]]:
    """Run the plan and collect one result for every task."""
    raise NotImplementedError
