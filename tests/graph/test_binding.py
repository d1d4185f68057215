from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.binding import bind, references
from graph.state import Result, Task
from tools.errors import BadOutput
from tools.files.resources import is_reference

RESULTS = {
    0: Result(id=0, task="object-detection", status="done", text="two cats", data=[{"label": "cat"}], files=["a.png"]),
    1: Result(id=1, task="text-to-speech", status="done", files=["a.wav"]),
    2: Result(id=2, task="feature-extraction", status="done", data=[0.5, 1]),
    3: Result(id=3, task="mask-generation", status="done", text="2 masks", files=["a.json", "m1.png", "m2.png"]),
}


def bound(task: str, **args: object) -> dict[str, object]:
    return bind(Task(task=task, id=9, args=args), RESULTS)


@pytest.mark.parametrize(
    ("task", "args", "inputs"),
    [
        ("image-to-text", {"image": "<resource-0>"}, {"image": "a.png"}),
        ("summarization", {"text": "<resource-0>"}, {"text": "two cats"}),
        ("text-to-image", {"text": "oil painting of <resource-0>, dusk"}, {"text": "oil painting of two cats, dusk"}),
        ("automatic-speech-recognition", {"audio": "the sound of <resource-1>"}, {"audio": "a.wav"}),
        ("summarization", {"text": "<resource-2>"}, {"text": "[0.5, 1]"}),
        ("summarization", {"text": "<resource-0> and <resource-3>"}, {"text": "two cats and 2 masks"}),
        ("text-ranking", {"query": "q", "texts": ["<resource-0>", "x"]}, {"query": "q", "texts": ["two cats", "x"]}),
        ("text-ranking", {"query": "q", "texts": "<resource-0>"}, {"query": "q", "texts": ["two cats"]}),
        ("image-to-text", {"image": ["<resource-3>"]}, {"image": "m1.png"}),
        ("canny-text-to-image", {"text": "a <resource-0>", "image": "b.png"}, {"text": "a two cats", "image": "b.png"}),
        ("translation", {"text": "hi", "formality": "like <resource-0>"}, {"text": "hi", "formality": "like two cats"}),
        ("text-to-speech", {"text": "hi", "speed": 2}, {"text": "hi", "speed": 2}),
    ],
)
def test_a_reference_takes_what_its_slot_needs(task: str, args: dict[str, object], inputs: dict[str, object]) -> None:
    assert bound(task, **args) == inputs


@pytest.mark.parametrize(("task", "slot", "number"), [("image-to-text", "image", 1), ("summarization", "text", 1)])
def test_what_was_not_made_cannot_be_bound(task: str, slot: str, number: int) -> None:
    with pytest.raises(BadOutput, match=r"Task 1 \(text-to-speech\) made no"):
        bound(task, **{slot: f"<resource-{number}>"})


def test_a_reference_to_a_task_that_is_not_waited_for_is_told() -> None:
    with pytest.raises(BadOutput, match="text refers to task 99"):
        bound("summarization", text="<resource-99>")


@given(st.text())
def test_text_is_passed_on_byte_by_byte(made: str) -> None:
    result = Result(id=0, task="summarization", status="done", text=made)
    task = Task(task="summarization", id=1, args={"text": "<resource-0>"})
    bound = bind(task, {0: result})["text"]  # also where it looks like a reference, or like a pattern
    assert bound in {made, f"{made}\n"}  # a line end tells a text from the name of a file


def test_references_are_found_inside_lists_and_text() -> None:
    assert references({"text": "no"}) == set()
    assert references(["<resource-4> and <resource-2>", ["<resource-7>"]]) == {2, 4, 7}


@pytest.mark.parametrize("made", ["secret.txt", "https://evil.example/?q=1", "data:text/plain,hello", "SECRET.TXT"])
def test_a_text_that_names_a_file_or_link_is_spoken_and_not_opened(made: str, workspace: Path) -> None:
    for name in ("secret.txt", "SECRET.TXT"):
        (workspace / name).write_text("hidden")
    speech = Task(task="text-to-speech", id=1, dep=[0], args={"text": "<resource-0>"})
    text = bind(speech, {0: Result(id=0, task="image-to-text", status="done", text=made)})["text"]
    assert text.strip() == made
    assert not is_reference(text)
