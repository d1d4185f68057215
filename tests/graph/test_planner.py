"""The plan node: what a conversation leads to, and what bad input gets."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.runtime import Runtime

from graph.context import Context
from graph.planner import plan
from graph.state import Result, State
from tests.support import EXAMPLES
from tools.tasks import TASKS

NOTICE = str(EXAMPLES / "notice.png")
PORTRAIT = str(EXAMPLES / "astronaut.jpg")


@pytest.fixture
def offline() -> Runtime[Context]:
    return Runtime(context=Context(llm="offline"))


def asked(text: str, *resources: str, **more: object) -> State:
    return {"messages": [HumanMessage(text)], "resources": list(resources), **more}  # type: ignore[typeddict-item]  # parts


async def test_a_request_with_a_file_leads_to_a_plan(offline: Runtime[Context]) -> None:
    command = await plan(asked("Read the text in this picture aloud.", NOTICE), offline)
    assert command.goto == "select"
    assert [task.task for task in command.update["plan"].tasks] == ["image-to-text", "text-to-speech"]
    assert command.update["given"] == [NOTICE]


async def test_small_talk_is_answered_without_a_plan(offline: Runtime[Context]) -> None:
    command = await plan(asked("Hello!"), offline)
    assert command.goto == "__end__"
    assert isinstance(command.update["messages"][-1], AIMessage)


async def test_a_missing_file_ends_in_one_sentence(offline: Runtime[Context]) -> None:
    command = await plan(asked("Read this.", "nowhere.png"), offline)
    assert command.goto == "__end__"
    said = command.update["messages"][-1]
    assert "nowhere.png does not exist" in said.text
    assert said.response_metadata["exit_code"] == 2


async def test_an_empty_request_is_told_so(offline: Runtime[Context]) -> None:
    command = await plan(asked("  "), offline)
    assert "empty" in command.update["messages"][-1].text


async def test_a_file_that_failed_is_forgotten_by_the_next_turn(offline: Runtime[Context]) -> None:
    command = await plan(asked("Read this.", "nowhere.png"), offline)
    assert command.update["resources"].value == []


async def test_files_made_by_the_last_request_can_be_spoken_of(offline: Runtime[Context]) -> None:
    made = Result(id=0, task="canny-control", status="done", files=[NOTICE])
    command = await plan(asked("Now read that image.", results=[made]), offline)
    assert command.update["plan"].tasks[0].args == {"image": NOTICE}


async def test_the_plan_before_is_known_from_the_state(offline: Runtime[Context]) -> None:
    first = (await plan(asked("Find the faces", PORTRAIT), offline)).update
    again = await plan(asked("the same for this one", PORTRAIT, NOTICE, seen=1, plan=first["plan"]), offline)
    assert [task.args for task in again.update["plan"].tasks] == [{"image": NOTICE}]


async def test_the_plan_before_is_made_again_where_only_messages_are_kept(offline: Runtime[Context]) -> None:
    messages = [HumanMessage(f"Find the faces in {PORTRAIT}"), AIMessage("1 face."), HumanMessage(f"and in {NOTICE}?")]
    again = await plan({"messages": messages}, offline)
    assert [task.args for task in again.update["plan"].tasks] == [{"image": NOTICE}]


async def test_a_file_without_a_word_answers_our_question(offline: Runtime[Context]) -> None:
    question = (await plan(asked("Find the faces"), offline)).update["messages"][-1]
    assert "Which picture" in question.text
    messages = [HumanMessage("Find the faces"), question, HumanMessage("")]
    done = await plan({"messages": messages, "resources": [PORTRAIT], "seen": 0}, offline)
    assert [task.args for task in done.update["plan"].tasks] == [{"image": PORTRAIT}]


UNSURE = [
    "Lines, faces, words, whichever of these there are, and perhaps all of it spoken, "
    "my gran can neither see nor hear well",
]


@pytest.mark.parametrize("words", [False, True])
async def test_a_choice_is_made_by_its_number_or_its_words(offline: Runtime[Context], words: bool) -> None:
    turns = [(await plan(asked(text, PORTRAIT), offline)).update["messages"] for text in UNSURE]
    first = next(turn for turn in turns if "Shall I" in turn[-1].text)
    choices = first[-1].response_metadata["choices"]
    answer = HumanMessage(choices[1].upper() if words else "2.")
    done = await plan({"messages": [*first, answer], "resources": [PORTRAIT], "seen": 1}, offline)  # type: ignore[typeddict-item]  # parts
    assert done.goto == "select"
    purposes = [TASKS[task.task].purpose for task in done.update["plan"].tasks]
    assert set(choices[1].split("; ")) == set(purposes)
