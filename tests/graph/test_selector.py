"""The select node: a model for every task, with fallbacks, in one call at most."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime

from benchmarks.support.fakes import Answer, QueueChat
from benchmarks.support.stubs import StubBackend
from graph.chat_models import register
from graph.context import Context
from graph.selector import fitting, select
from graph.state import Job, Plan, State, Task
from tools.errors import RateLimited
from tools.experts import everything
from tools.protocol import Candidate
from tools.tasks import TASKS

CAPTION = Task(task="image-to-text", id=0, args={"image": "cat.png"})
SPEECH = Task(task="text-to-speech", id=1, dep=[0], args={"text": "<resource-0>"})


async def jobs(*tasks: Task, answers: Sequence[Answer] = (), **options: Any) -> tuple[list[Job], QueueChat]:  # noqa: ANN401  # passed on
    model = QueueChat(answers=answers)
    register("queue", lambda _: model)
    state: State = {"messages": [HumanMessage("x")], "plan": Plan(tasks=list(tasks)), "request": "Describe it aloud."}
    update = await select(state, Runtime(context=Context(llm="queue:test", **options)))
    return update["jobs"], model


@pytest.fixture
def three(stubs: Callable[..., StubBackend]) -> StubBackend:
    return stubs(first=None, second=None, third=None)


def models(job: Job) -> list[str]:
    return [choice.model for choice in job.choices]


@pytest.mark.usefixtures("three")
async def test_one_call_chooses_for_all_tasks_and_the_rest_are_fallbacks() -> None:
    answer = {"choices": [{"task": 0, "model": "third", "reason": "made for it"}, {"task": 1, "model": "second"}]}
    found, model = await jobs(CAPTION, SPEECH, answers=[answer])
    assert [models(job) for job in found] == [["third", "first", "second"], ["second", "first", "third"]]
    assert found[0].choices[0].reason == "made for it"
    assert len(model.calls) == 1


async def test_no_call_is_made_where_there_is_nothing_to_choose(stubs: Callable[..., StubBackend]) -> None:
    stubs(only=None)
    found, model = await jobs(CAPTION, SPEECH)
    assert [models(job) for job in found] == [["only"], ["only"]]
    assert model.calls == []


@pytest.mark.usefixtures("three")
async def test_choosing_by_rank_needs_no_call() -> None:
    found, model = await jobs(CAPTION, select="rank")
    assert models(found[0]) == ["first", "second", "third"]
    assert model.calls == []


@pytest.mark.usefixtures("three")
async def test_a_model_that_is_no_candidate_is_refused_and_said() -> None:
    found, _ = await jobs(CAPTION, answers=[{"choices": [{"task": 0, "model": "invented/model", "reason": "great"}]}])
    assert models(found[0]) == ["first", "second", "third"]
    assert "'invented/model', which is no candidate" in found[0].choices[0].reason


@pytest.mark.usefixtures("three")
async def test_only_the_top_k_are_shown() -> None:
    _, model = await jobs(CAPTION, answers=[{"choices": []}], top_k=2)
    asked = model.calls[0].messages[-1].text
    assert "- second:" in asked
    assert "- third:" not in asked


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("answer", ["no JSON", '{"choices": 3}', "[1, 2]", '{"choices": [{"task": null}, 7]}', ""])
async def test_an_answer_that_is_none_leaves_the_ranking(answer: str) -> None:
    found, _ = await jobs(CAPTION, answers=[answer])
    assert models(found[0]) == ["first", "second", "third"]


@pytest.mark.usefixtures("three")
async def test_a_controller_that_fails_leaves_the_ranking_and_says_so() -> None:
    found, _ = await jobs(CAPTION, answers=[RateLimited("Asked too often."), RateLimited("Asked too often.")])
    assert models(found[0]) == ["first", "second", "third"]
    assert "could not choose: Asked too often." in found[0].choices[0].reason


def candidate(model: str, task: str, description: str = "", **facts: Any) -> Candidate:  # noqa: ANN401  # passed on
    return Candidate(model=model, task=task, backend="local", description=description, **facts)


def test_a_classifier_of_another_aspect_is_no_candidate() -> None:
    task = Task(task="text-classification", id=0, args={"text": "hello", "aspect": "language"})
    experts = everything()
    assert [each.model for each in fitting(task, experts.candidates(TASKS["text-classification"]))] == ["langdetect"]


def test_a_model_for_another_language_is_no_candidate() -> None:
    task = Task(task="text-to-speech", id=0, args={"text": "hallo", "language": "German"})
    found = [candidate("english", task.task, languages=("en",)), candidate("german", task.task, languages=("de",))]
    assert [each.model for each in fitting(task, found)] == ["german"]


@pytest.mark.parametrize(("request_", "best"), [("Read the notice.", "reader"), ("What does it show?", "captioner")])
def test_words_that_ask_for_reading_prefer_a_reader_of_pages(request_: str, best: str) -> None:
    found = [candidate("captioner", "image-to-text"), candidate("reader", "image-to-text", "reads pages (OCR)")]
    for ordered in (found, found[::-1]):
        assert fitting(CAPTION, ordered, request_)[0].model == best
