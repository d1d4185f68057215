"""What people are told where nothing can run: short, with a way on."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from graph import advice, instructions, manner
from graph.recall import recalled
from graph.state import Task
from tools.models.catalog import offered
from tools.tasks import TASKS


def test_a_wish_beyond_what_runs_here_names_what_it_needs_and_what_can_be_had() -> None:
    here = {name: TASKS[name] for name in ("image-to-text", "canny-control")}
    said = advice.missing([TASKS["image-editing"]], "Remove the background", ["cat.png"], here)
    assert said is not None
    assert said.text.startswith("Changing an image as an instruction says needs a model. To get one, ")
    assert "HF_TOKEN" in said.text
    assert said.choices == ["Read the text in it", "Draw its edges"]
    assert len(said.text) < 420


def test_a_film_that_is_given_is_not_taken_for_a_film_that_is_wanted() -> None:
    said = advice.missing([TASKS["text-to-video"]], "What happens in this video?", ["film.mp4"], offered())
    assert said is not None
    assert said.text.startswith("Naming what happens in a video needs a model.")


def test_what_was_not_understood_is_answered_with_what_these_files_are_good_for() -> None:
    said = advice.unclear(["notes.txt"], offered())
    assert said.text.startswith("I did not understand what to do with notes.txt.")
    assert "Summarise this text" in said.choices


def test_an_instruction_is_followed_only_if_every_part_is_understood() -> None:
    (task,) = instructions.followed("rotate it and make it grey", ["cat.png"], offered())
    assert task == Task(task="image-to-image", id=0, args={"image": "cat.png", "text": "rotate it and make it grey"})
    assert not instructions.followed("rotate it and put a hat on it", ["cat.png"], offered())
    assert not instructions.followed("rotate it", ["cat.png", "dog.png"], offered())
    assert not instructions.followed("Which is better?", ["cat.png"], offered())
    assert instructions.followed("Can you make it better?", ["cat.png"], offered())


@pytest.mark.parametrize(
    ("request_", "task", "slot", "words"),
    [
        ("Summarise this in two sentences", "summarization", "length", "two sentences"),
        ("Read it aloud slowly, as mp3", "text-to-speech", "manner", "slowly, as mp3"),
        ("Read page 2", "text-extraction", "pages", "page 2"),
    ],
)
def test_the_manner_reaches_the_task_that_takes_it(request_: str, task: str, slot: str, words: str) -> None:
    (filled,), notes = manner.filled([Task(task=task, id=0, args={"text": "a.txt"})], request_)
    assert (filled.args[slot], notes) == (words, [])


def test_a_manner_that_no_task_takes_is_named_as_not_done() -> None:
    _, notes = manner.filled([Task(task="canny-control", id=0, args={"image": "cat.png"})], "Draw its edges as mp3")
    assert notes == ["Not done: “as mp3”."]


def test_a_task_on_pages_of_a_document_is_given_these_pages_alone() -> None:
    tasks, _ = manner.filled([Task(task="summarization", id=0, args={"text": "a.pdf"})], "Summarise page 3")
    assert [(task.task, task.args, task.dep) for task in tasks] == [
        ("text-extraction", {"text": "a.pdf", "pages": "page 3"}, []),
        ("summarization", {"text": "<resource-0>"}, [0]),
    ]


def test_the_conversation_is_told_what_was_asked_and_that_nothing_is_lost() -> None:
    history = [HumanMessage("Make it sepia"), AIMessage("Sepia."), HumanMessage("Now grey")]
    done = [Task(task="image-to-image", id=0, args={"image": "examples/notice.png"})]
    assert recalled("What did I ask first?", history, done) == "You asked: “Make it sepia”"
    assert "notice.png is as it was" in (recalled("undo that", history, done) or "")
    assert recalled("Undo the button of this shirt", [], []) is None


@pytest.mark.parametrize(
    ("asked", "needs"),
    [("What is in this picture?", True), ("What is written on this sign?", False), ("What does it say?", False)],
)
def test_who_asks_for_the_words_in_a_picture_needs_no_model_that_describes(asked: str, needs: bool) -> None:
    reading = Task(task="image-to-text", id=0, args={"image": "sign.png"})
    assert bool(advice.undescribed([reading], asked, ["sign.png"], offered())) is needs
