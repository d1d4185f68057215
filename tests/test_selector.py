"""The select node: a model for every task, with fallbacks."""

from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime

from graph.context import Context
from graph.selector import select
from graph.state import Plan, Task


async def test_a_task_gets_the_candidate_for_its_aspect() -> None:
    task = Task(task="text-classification", id=0, args={"text": "hello", "aspect": "language"})
    state = {"messages": [HumanMessage("x")], "plan": Plan(tasks=[task])}
    update = await select(state, Runtime(context=Context(llm="offline", mode="local")))  # type: ignore[arg-type]  # parts
    assert update["jobs"][0].choices[0].model == "langdetect"
