"""Turns that are about the turn before, planned without a language model."""

from collections.abc import Sequence

import pytest

from graph.offline import Draft, plan
from graph.state import Task
from tools.tasks import TASKS

OFFERED = {
    name: TASKS[name]
    for name in (
        "image-to-text", "text-to-speech", "text-classification", "summarization", "translation", "object-detection",
        "question-answering", "canny-control",
    )
}  # fmt: skip


def talk(files: list[str], *turns: str) -> list[Task]:
    """The plan of the last turn; all files come with the first."""
    first, *rest = turns
    before = plan(first, files, OFFERED).tasks
    for turn in rest:
        before = plan(turn, [], OFFERED, previous=files, before=before).tasks
    return before


def shown(tasks: Sequence[Task]) -> list[tuple[str, dict[str, object]]]:
    return [(task.task, task.args) for task in tasks]


def test_the_same_for_another_file_of_the_conversation() -> None:
    turns = "Find the faces in the first picture", "and now the same for the second picture"
    assert shown(talk(["a.jpg", "b.jpg"], *turns)) == [("object-detection", {"image": "b.jpg"})]


def test_the_same_for_files_that_come_with_the_turn() -> None:
    before = plan("Read this aloud", ["a.png"], OFFERED).tasks
    again = plan("And these two?", ["b.png", "c.png"], OFFERED, previous=["a.png"], before=before).tasks
    assert [task.args for task in again] == [
        {"image": "b.png"}, {"text": "<resource-0>"}, {"image": "c.png"}, {"text": "<resource-2>"},
    ]  # fmt: skip
    assert [task.dep for task in again] == [[], [0], [], [2]]


@pytest.mark.parametrize("said", ["and in German?", "Now into German, please.", "the same in German"])
def test_a_language_alone_says_what_is_different(said: str) -> None:
    assert shown(talk([], "Translate 'Good morning' into French", said)) == [
        ("translation", {"text": "Good morning", "language": "German"})
    ]


@pytest.mark.parametrize("said", ["read that aloud", "Now read it to me.", "Please read the summary aloud"])
def test_what_is_said_of_a_text_is_said_of_the_text_that_was_made(said: str) -> None:
    tasks = talk(["long.txt"], "Summarise this", said)
    assert shown(tasks) == [("summarization", {"text": "long.txt"}), ("text-to-speech", {"text": "<resource-0>"})]
    assert tasks[1].dep == [0]


def test_a_question_is_asked_of_what_was_given() -> None:
    (answer,) = talk(["long.txt"], "Summarise this", "When was it built?")
    assert answer.args == {"question": "When was it built?", "context": "long.txt"}


def test_a_verdict_is_not_what_is_read_aloud() -> None:
    turns = "What does the sign say, and is it friendly?", "read it aloud"
    assert [task.task for task in talk(["sign.png"], *turns)] == ["image-to-text", "text-to-speech"]


def test_a_new_request_is_not_the_old_one() -> None:
    assert shown(talk(["a.jpg"], "Find the faces", "Show me the edges")) == [("canny-control", {"image": "a.jpg"})]


def test_what_differs_in_nothing_is_not_run_again_unasked() -> None:
    before = plan("Find the faces", ["a.jpg"], OFFERED).tasks
    unclear: Draft = plan("and now?", [], OFFERED, previous=["a.jpg"], before=before)
    assert not unclear.tasks
    assert plan("again, please", [], OFFERED, previous=["a.jpg"], before=before).tasks == before
