import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.offline import Draft, plan
from graph.offline.weights import PATH
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


def shown(draft: Draft) -> list[tuple[str, dict[str, Any]]]:
    return [(task.task, task.args) for task in draft.tasks]


def test_speech_from_a_picture_goes_through_its_text() -> None:
    draft = plan("Please say aloud what is written on this", ["sign.jpg"], EMBEDDED)
    assert shown(draft) == [("image-to-text", {"image": "sign.jpg"}), ("text-to-speech", {"text": "<resource-0>"})]


def test_a_chain_follows_the_order_of_the_words() -> None:
    draft = plan("Extract the text from scan.png, summarise it and read the summary aloud", ["scan.png"], EMBEDDED)
    assert names(draft) == ["image-to-text", "summarization", "text-to-speech"]
    assert [task.dep for task in draft.tasks] == [[], [0], [1]]


def test_every_given_file_is_planned_once() -> None:
    draft = plan("Draw the edges of a.png and b.png", ["a.png", "b.png"], EMBEDDED)
    assert shown(draft) == [("canny-control", {"image": "a.png"}), ("canny-control", {"image": "b.png"})]


def test_what_follows_from_each_file_is_planned_for_each() -> None:
    draft = plan("Read these pictures aloud", ["a.png", "b.png"], EMBEDDED)
    assert names(draft) == ["image-to-text", "text-to-speech"] * 2
    assert draft.tasks[3].args == {"text": "<resource-2>"}


def test_each_task_takes_the_file_that_its_clause_names() -> None:
    draft = plan("Detect the edges in a.png, and describe b.png", ["a.png", "b.png"], EMBEDDED)
    assert shown(draft) == [("canny-control", {"image": "a.png"}), ("image-to-text", {"image": "b.png"})]


def test_files_can_be_counted() -> None:
    text = "I have two images. Find the faces in the first and draw the straight lines of the second."
    draft = plan(text, ["a.png", "b.png"], EMBEDDED)
    assert shown(draft) == [("object-detection", {"image": "a.png"}), ("mlsd-control", {"image": "b.png"})]


def test_a_follow_up_takes_the_latest_file_of_the_conversation() -> None:
    draft = plan("Now read that aloud", [], EMBEDDED, previous=["old.png", "new.png"])
    assert draft.tasks[0].args == {"image": "new.png"}


def test_a_follow_up_can_count_earlier_files() -> None:
    draft = plan("Find the faces in the second picture", [], EMBEDDED, previous=["a.png", "b.png", "c.png"])
    assert shown(draft) == [("object-detection", {"image": "b.png"})]


def test_aspects_of_one_classification_become_tasks_side_by_side() -> None:
    draft = plan("What is the tone of 'I like it', and which language is it?", [], EMBEDDED)
    assert shown(draft) == [
        ("text-classification", {"text": "I like it", "aspect": "sentiment"}),
        ("text-classification", {"text": "I like it", "aspect": "language"}),
    ]


def test_several_languages_become_translations_side_by_side() -> None:
    draft = plan("Translate report.txt to German and to French", ["report.txt"], TASKS)
    assert shown(draft) == [
        ("translation", {"text": "report.txt", "language": "German"}),
        ("translation", {"text": "report.txt", "language": "French"}),
    ]


def test_text_after_a_colon_is_data() -> None:
    draft = plan("Translate this into Spanish: The meeting is at noon. Then read it aloud.", [], TASKS)
    assert shown(draft) == [
        ("translation", {"text": "The meeting is at noon.", "language": "Spanish"}),
        ("text-to-speech", {"text": "<resource-0>", "language": "Spanish"}),
    ]


@pytest.mark.parametrize("first", ["How many faces are here?", "Show me the outlines."])
def test_a_verdict_on_quoted_words_is_on_those_words(first: str) -> None:
    draft = plan(f"{first} And is the tone of 'I am glad' positive?", ["me.jpg"], TASKS)
    assert ("text-classification", {"text": "I am glad", "aspect": "sentiment"}) in shown(draft)


def test_a_request_to_read_aloud_is_no_text_to_be_read() -> None:
    draft = plan("read it aloud", [], TASKS)
    assert draft.question
    assert not draft.tasks


def test_what_is_asked_of_a_document_and_the_document_keep_apart() -> None:
    draft = plan(
        "when does the ferry leave? see harbour.pdf",
        ["harbour.pdf"],
        {"question-answering": TASKS["question-answering"]},
    )
    assert shown(draft) == [
        ("question-answering", {"question": "when does the ferry leave?", "context": "harbour.pdf"})
    ]


def test_speech_asked_for_in_so_many_words_is_not_lost_among_other_tasks() -> None:
    request = "Read notice.png aloud, summarise it, and show me its edges and straight lines."
    names = [task.task for task in plan(request, ["notice.png"], TASKS).tasks]
    assert {"image-to-text", "text-to-speech", "summarization", "canny-control", "mlsd-control"} <= set(names)


def test_labels_that_the_user_names_are_used() -> None:
    draft = plan("Classify the text 'I am happy' as joy, anger or fear", [], TASKS)
    assert shown(draft) == [("zero-shot-classification", {"text": "I am happy", "labels": ["joy", "anger", "fear"]})]


def test_a_pose_is_drawn_before_it_is_followed() -> None:
    draft = plan("Take the pose of a.png and make a picture of a knight in the same pose", ["a.png"], TASKS)
    pose, picture = draft.tasks
    assert (pose.task, pose.args) == ("openpose-control", {"image": "a.png"})
    assert picture.args["image"] == "<resource-0>"
    assert "knight" in picture.args["text"]


def test_a_question_about_a_table_goes_to_the_table() -> None:
    draft = plan("Answer this question about the table: which country is largest?", ["t.csv"], TASKS)
    assert shown(draft) == [
        ("table-question-answering", {"table": "t.csv", "question": "which country is largest?"}),
    ]


def test_what_cannot_be_done_here_is_told_and_the_rest_is_planned() -> None:
    draft = plan("Read the notice aloud and segment it", ["n.png"], EMBEDDED)
    assert "text-to-speech" in names(draft)
    assert any("image-segmentation" in note for note in draft.notes)


def test_a_request_beyond_what_is_offered_is_refused_with_what_is() -> None:
    draft = plan("Generate a video of a sunset", [], EMBEDDED)
    assert not draft.tasks
    assert draft.refusal
    assert "speak a text" in draft.refusal
    assert any("text-to-video" in note for note in draft.notes)


def test_files_without_a_word_are_asked_about() -> None:
    assert plan("", ["pictures/a.png"], EMBEDDED).question == "What should I do with a.png?"


def test_nothing_on_offer_is_said() -> None:
    assert "doctor" in (plan("Read this aloud", ["a.png"], {}).refusal or "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\x00",
        "'" * 5000,
        "a 'b " * 5000,
        "not " * 20000,
        "x" * 100_000,
        "\n" * 20_000,
        "and then " * 2000,
        "a: b.\n\n" * 3000,
        "find the people " * 1500,
        "请描述这张图片",
    ],
)
@pytest.mark.slow
def test_odd_text_is_answered_in_bounded_time(text: str) -> None:
    draft = plan(text, [], EMBEDDED)
    assert draft.tasks or draft.question or draft.refusal


REQUESTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from([word for type_ in TASKS.values() for word in type_.words]), max_size=8).map(" and ".join),
)


@settings(max_examples=150, deadline=None)
@given(
    REQUESTS, st.lists(st.sampled_from(["a.png", "b.png", "b.wav", "c.txt", "d.csv", "e.mp4"]), max_size=3, unique=True)
)
@pytest.mark.slow
def test_any_text_gives_a_draft_with_a_valid_plan(text: str, resources: list[str]) -> None:
    draft = plan(text, resources, TASKS)
    assert draft.tasks or draft.question or draft.refusal
    for number, task in enumerate(draft.tasks):
        referred = {int(number) for number in re.findall(r"<resource-(\d+)>", str(task.args))}
        assert task.id == number
        assert referred <= set(task.dep) <= set(range(number))
        assert all(task.args.get(slot.name) for slot in TASKS[task.task].required)


def test_the_weights_name_the_data_they_come_from() -> None:
    with np.load(PATH) as file:
        assert re.fullmatch(r"[0-9a-f]{64}", str(file["sha256"]))
    assert PATH.stat().st_size < 6_000_000
