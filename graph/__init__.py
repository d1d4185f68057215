"""HuggingGPT as a LangGraph application: plan, select, execute, respond (arXiv 2303.17580).

    START -> plan -> select -> execute -> respond -> END

``plan`` ends early with a chat answer, a clarifying question or an honest refusal; ``execute`` goes back at most once,
when a failed task can be done another way: to ``plan``, which goes on to ``respond`` where it finds none, or by rule to
``select``. An edited plan is selected for anew, and a rejected one ends the run. Start reading here.
"""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graph import tracing
from graph.admission import Admitted
from graph.context import Context
from graph.executor import execute
from graph.planner import plan
from graph.responder import respond
from graph.selector import select
from graph.state import SERDE, InputState, OutputState, State


def build() -> StateGraph[State, Context, InputState, OutputState]:
    """The four stages, wired.

    ``compiled`` makes a graph of it that runs.
    """
    builder = StateGraph(State, context_schema=Context, input_schema=InputState, output_schema=OutputState)
    builder.add_node("plan", plan, metadata={"description": "Understand the request and plan its tasks"})
    builder.add_node("select", select, metadata={"description": "Choose a model for every task"})
    builder.add_node("execute", execute, metadata={"description": "Run the tasks, independent ones in parallel"})
    builder.add_node("respond", respond, metadata={"description": "Answer, and say how the answer came about"})
    builder.add_edge(START, "plan")
    builder.add_edge("select", "execute")
    builder.set_finish_point("respond")
    return builder


def compiled(
    checkpointer: BaseCheckpointSaver[Any] | None = None,
) -> CompiledStateGraph[State, Context, InputState, OutputState]:
    """The graph. A checkpointer of your own, made with ``serde=SERDE``, keeps its conversations."""
    return Admitted(**vars(build().compile(checkpointer=checkpointer, name="hugginggpt")))


__all__ = ["SERDE", "build", "compiled", "graph"]

tracing.configure()
graph = compiled()
