"""Stage 4: the answer first, then how it came about."""

from typing import Any

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from graph.answer import compose
from graph.chat_models import resolve
from graph.context import Context, options
from graph.state import Plan, State


async def respond(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Answer the user from the results."""
    context = options(runtime)
    name = resolve(context.llm)
    text = compose(state.get("plan") or Plan(), state.get("results", []), name)
    return {"messages": [AIMessage(text, response_metadata={"controller": name})], "replanned": False}
