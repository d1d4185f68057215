"""A language model's plan: read as it is written, checked, and asked for again with the exact complaint."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from benchmarks.support.fakes import Answer, QueueChat
from graph.conversation import Request
from graph.offline import Draft
from graph.planning.author import REPAIRS, author
from graph.planning.dialects import Written
from graph.state import Task
from tools.errors import InputError, PlanError
from tools.tasks import TASKS

READ_ALOUD = '{"tasks":[{"image-to-text":{"image":"cat.png"}},{"text-to-speech":{"text":"<resource-0>"}}]}'


def request(text: str = "Read it aloud.", given_: tuple[str, ...] = ("in/cat.png",), **more: Any) -> Request:  # noqa: ANN401  # passed on
    return Request(text, list(given_), more.pop("previous", []), HumanMessage(text), **more)


async def drafted(*answers: Answer, ask: Request | None = None, **options: Any) -> tuple[Draft, QueueChat, list[str]]:  # noqa: ANN401  # passed on
    model, announced = QueueChat(answers=answers, **options), []

    def announce(id_: int, task: Written) -> None:
        announced.append(f"{id_} {task.task}")

    return await author(ask or request(), TASKS, model, "queue:test", announce), model, announced


async def test_a_plan_is_made_in_one_call_and_announced_as_it_is_written() -> None:
    draft, model, announced = await drafted(READ_ALOUD)
    assert [task.task for task in draft.tasks] == ["image-to-text", "text-to-speech"]
    assert draft.tasks[1] == Task(task="text-to-speech", id=1, dep=[0], args={"text": "<resource-0>"})
    assert announced == ["0 image-to-text", "1 text-to-speech"]
    assert len(model.calls) == 1


async def test_a_model_with_structured_output_is_given_the_schema() -> None:
    _, model, _ = await drafted(READ_ALOUD, profile={"structured_output": True})
    assert model.calls[0].options["method"] == "json_schema"
    assert model.calls[0].options["response_format"]["title"] == "plan"


async def test_a_model_that_refuses_json_mode_is_asked_for_plain_text() -> None:
    class Refused(Exception):
        status_code = 400

    draft, model, _ = await drafted(Refused(), READ_ALOUD)
    assert draft.tasks
    assert [call.options.get("method") for call in model.calls] == ["json_mode", None]


async def test_the_repair_round_names_the_exact_complaint() -> None:
    draft, model, _ = await drafted('{"tasks":[{"task":"time-travel","args":{}}]}', READ_ALOUD)
    assert draft.tasks
    assert "'time-travel' is no task type" in model.calls[1].messages[-1].text


async def test_after_two_repairs_the_reason_is_told() -> None:
    with pytest.raises(PlanError, match="time-travel"):
        await drafted(*['{"tasks":[{"task":"time-travel","args":{}}]}'] * (1 + REPAIRS))


async def test_words_are_a_chat_answer() -> None:
    assert (await drafted("Hello there!"))[0].refusal == "Hello there!"
    assert (await drafted('{"reply": "Hello there!"}'))[0].refusal == "Hello there!"


async def test_a_file_that_was_never_given_leads_to_one_question() -> None:
    draft, model, _ = await drafted(READ_ALOUD, ask=request(given_=()))
    assert draft.question
    assert draft.question.startswith("Which picture")
    assert len(model.calls) == 1


async def test_history_is_trimmed_but_the_request_never() -> None:
    history = [HumanMessage("old " * 200), AIMessage("answer " * 200)] * 60
    _, model, _ = await drafted(READ_ALOUD, ask=request("Read it. " * 300, history=history))
    sent = model.calls[0].messages
    assert sent[-1].text.endswith("Read it. " * 300)
    assert 2 < len(sent) < len(history)
    assert sent[1].type == "human"


async def test_a_request_that_is_too_long_is_an_error_before_any_call() -> None:
    with pytest.raises(InputError, match="too long for the controller"):
        await drafted(READ_ALOUD, ask=request("word " * 20_000))


async def test_earlier_files_are_named_to_the_model() -> None:
    _, model, _ = await drafted(READ_ALOUD, ask=request(given_=(), previous=["old/cat.png"]))
    assert "Earlier files, the last one latest: cat.png (image)" in model.calls[0].messages[-1].text


@pytest.mark.slow
@given(st.text(alphabet=st.sampled_from("[]{}\"',:\\ \n<>-0123abcitmegxo"), max_size=120))
@settings(max_examples=100, deadline=None)
async def test_whatever_a_model_writes_the_outcome_is_a_plan_words_a_question_or_one_error(text: str) -> None:
    try:
        draft, _, _ = await drafted(text, text, text)
        outcomes = [draft.tasks, draft.refusal, draft.question]
    except PlanError as error:
        outcomes = [str(error)]
    assert sum(map(bool, outcomes)) == 1
