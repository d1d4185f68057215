"""The execute node by itself, plans made by hand, and models that are plain functions."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graph.context import Context
from graph.executor import execute
from graph.state import Choice, Job, Plan, Result, State, Task
from tools.protocol import Call, Output

TEXT = "text2text-generation"


def _pass(state: State) -> dict[str, Any]:
    return {}


def executor(checkpointer: BaseCheckpointSaver[Any] | None = None) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The execute node between stages that change nothing."""
    builder = StateGraph(State, context_schema=Context)
    builder.add_node("execute", execute)
    for name in ("plan", "select", "respond"):
        builder.add_node(name, _pass)
    builder.add_edge(START, "execute")
    builder.add_edge("select", "execute")
    return builder.compile(checkpointer=checkpointer)


def state(tasks: list[Task], *models: str) -> dict[str, Any]:
    choices = [Choice(model=model, backend="embedded", revision="1", device="stub") for model in models or ("echo",)]
    jobs = [Job(id=task.id, task=task.task, choices=choices) for task in tasks]
    return {"messages": [], "plan": Plan(tasks=tasks), "jobs": jobs}


async def run(tasks: list[Task], *models: str, **context: object) -> dict[int, Result]:
    """The results by id."""
    final = await executor().ainvoke(state(tasks, *models), context=Context(**context))
    return {result.id: result for result in final["results"]}


async def events(tasks: list[Task], *models: str, **context: object) -> AsyncIterator[dict[str, Any]]:
    async for event in executor().astream(state(tasks, *models), context=Context(**context), stream_mode="custom"):
        yield event


def text(number: int, words: str, *dep: int) -> Task:
    return Task(task=TEXT, id=number, dep=list(dep), args={"text": words})


async def echo(call: Call) -> Output:
    return Output(text=call.inputs["text"])


async def nap(call: Call) -> Output:
    """Sleeps for as many seconds as the text begins with."""
    await asyncio.sleep(float(call.inputs["text"].split()[0]))
    return Output(text="slept")
