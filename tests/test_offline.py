import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.offline import Draft, plan
from tools.tasks import TASKS

EMBEDDED = {
    name: TASKS[name]
    for name in (
        "image-to-text",
        "text-to-speech",
        "text-classification",
        "canny-control",
        "mlsd-control",
        "hed-control",
        "object-detection",
        "summarization",
    )
}


def names(draft: Draft) -> list[str]:
    return [task.task for task in draft.tasks]


def test_the_demonstration_request_becomes_parallel_branches() -> None:
    draft = plan(
        "Read the notice in examples/notice.png aloud, tell me which language it is in and whether its tone is "
        "positive, and show me its outlines.",
        ["examples/notice.png"],
        EMBEDDED,
    )
    read, speak, language, sentiment, edges = draft.tasks
    assert (read.task, read.args) == ("image-to-text", {"image": "examples/notice.png"})
    assert (speak.task, speak.args) == ("text-to-speech", {"text": "<resource-0>"})
    assert language.args == {"text": "<resource-0>", "aspect": "language"}
    assert sentiment.args == {"text": "<resource-0>", "aspect": "sentiment"}
    assert (edges.task, edges.dep) == ("canny-control", [])


def test_quoted_text_is_data_and_not_an_intent() -> None:
    draft = plan("Say 'detect the objects and draw the edges' aloud", [], EMBEDDED)
    assert names(draft) == ["text-to-speech"]
    assert draft.tasks[0].args["text"] == "detect the objects and draw the edges"


def test_what_the_user_does_not_want_is_not_planned() -> None:
    assert names(plan("Read this notice aloud, but don't summarise it.", ["n.png"], EMBEDDED)) == [
        "image-to-text",
        "text-to-speech",
    ]


def test_a_needed_file_that_was_never_given_is_asked_for_once() -> None:
    draft = plan("Please detect the faces", [], EMBEDDED)
    assert not draft.tasks
    assert draft.question


def test_small_talk_gets_an_honest_reply_and_no_plan() -> None:
    draft = plan("Hello!", [], EMBEDDED)
    assert not draft.tasks
    assert draft.refusal


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00", "'" * 5000, "a 'b " * 5000, "not " * 20000, "x" * 100_000, "请描述这张图片"]
)
def test_odd_text_is_answered_in_bounded_time(text: str) -> None:
    draft = plan(text, [], EMBEDDED)
    assert draft.tasks or draft.question or draft.refusal


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.lists(st.sampled_from(["a.png", "b.wav", "c.txt", "d.csv", "e"]), max_size=3))
def test_any_text_gives_a_draft_with_a_valid_plan(text: str, resources: list[str]) -> None:
    draft = plan(text, resources, TASKS)
    assert draft.tasks or draft.question or draft.refusal
    for number, task in enumerate(draft.tasks):
        assert task.id == number
        assert all(dependency < number for dependency in task.dep)
