import asyncio
from collections.abc import Callable

from langchain_core.messages import HumanMessage
from langgraph.graph import START, StateGraph

from benchmarks.support.fakes import QueueChat
from benchmarks.support.stubs import StubBackend
from graph import graph
from graph.chat_models import register
from graph.context import Context
from graph.selector import select
from graph.state import Plan, State, Task
from graph.warmup import WarmUp
from tests.support.execution import echo
from tools.protocol import Candidate
from tools.registry import BACKENDS
from tools.tasks import TASKS


class Loading(StubBackend):
    """Takes a moment to load a model, and knows which it has loaded."""

    def __init__(self, *models: str) -> None:
        super().__init__(dict.fromkeys(models, echo))
        self.begun, self.loaded = list[str](), list[str]()

    async def warm(self, candidate: Candidate) -> None:
        self.begun.append(candidate.model)
        await asyncio.sleep(0.05)
        self.loaded.append(candidate.model)


def of(backend: Loading, *models: str) -> Callable[[], list[Candidate]]:
    return lambda: [each for each in backend.candidates(TASKS["translation"]) if each.model in models]


async def test_what_is_kept_loads_on_and_the_rest_is_abandoned(stubs: Callable[..., StubBackend]) -> None:
    backend = BACKENDS["embedded"] = Loading("right", "wrong")
    with WarmUp() as warm:
        for model in ("right", "right", "wrong", "none"):
            warm.begin(model, of(backend, model))
        await asyncio.sleep(0.02)
        warm.keep(["right"])
    await asyncio.sleep(0.1)
    assert (sorted(backend.begun), backend.loaded) == (["right", "wrong"], ["right"])


async def test_a_stage_that_fails_abandons_everything(stubs: Callable[..., StubBackend]) -> None:
    backend = BACKENDS["embedded"] = Loading("model")
    try:
        with WarmUp() as warm:
            warm.begin("likely", of(backend, "model"))
            await asyncio.sleep(0.02)
            raise ValueError
    except ValueError:
        await asyncio.sleep(0.1)
    assert (backend.begun, backend.loaded) == (["model"], [])


async def test_a_backend_that_cannot_load_ahead_is_left_alone(stubs: Callable[..., StubBackend]) -> None:
    backend = stubs(echo=echo)
    with WarmUp() as warm:
        warm.begin("likely", lambda: backend.candidates(TASKS["translation"]))
        warm.keep(["likely"])
    await asyncio.sleep(0.01)


async def test_models_load_while_the_plan_is_still_being_written(stubs: Callable[..., StubBackend]) -> None:
    backend = BACKENDS["embedded"] = Loading("model")
    plan = '[{"task": "translation", "id": 0, "args": {"text": "good morning", "language": "de"}}]'
    chat = QueueChat(answers=lambda messages: plan if not chat.calls[1:] else "Guten Morgen.", per_token=0.01)
    register("queue", lambda name: chat)
    begun: list[str] = []
    given = {"messages": [HumanMessage("Say good morning in German.")]}
    async for event in graph.astream(given, context=Context(llm="queue:one"), stream_mode="custom"):
        if event["event"] == "planned":
            await asyncio.sleep(0.02)
            begun = list(backend.begun)
    assert begun == ["model"]


async def test_the_likely_choice_loads_while_the_model_chooses(stubs: Callable[..., StubBackend]) -> None:
    backend = BACKENDS["embedded"] = Loading("best", "other")
    answer = '{"choices": [{"task": 0, "model": "best", "reason": "the most used"}]}'
    chat = QueueChat(answers=lambda messages: answer, first_token=0.1)
    register("queue", lambda name: chat)
    builder = StateGraph(State, context_schema=Context)
    builder.add_node("select", select)
    builder.add_edge(START, "select")
    task = Task(task="translation", id=0, args={"text": "good morning", "language": "de"})
    final = await builder.compile().ainvoke(
        {"messages": [], "plan": Plan(tasks=[task])}, context=Context(llm="queue:one")
    )
    assert backend.loaded == ["best"]  # already, when the choice is made
    assert final["jobs"][0].choices[0].reason == "the most used"
