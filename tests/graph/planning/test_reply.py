"""Every way of writing a plan is read, and what is no plan is words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.planning.dialects import Written
from graph.planning.reply import Reply, read
from graph.planning.scanner import Scanner

CAPTION = Written("image-to-text", 0, (), {"image": "a.png"})
PLAIN = '[{"task": "image-to-text", "id": 0, "dep": [-1], "args": {"image": "a.png"}}]'


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"```json\n{PLAIN}\n```",
        f"Sure, here [as asked] is the plan:\n{PLAIN}\nIt has one task.",
        PLAIN.replace("}}]", "},},]"),
        PLAIN.replace('"', "'"),
        PLAIN[1:-1],
        PLAIN.replace('"id": 0', '"id": "0"'),
        PLAIN.replace("[-1]", "-1"),
        '{"tasks": ' + PLAIN + "}",
        '{"task_steps": ["x"], "task_nodes": ' + PLAIN.replace("args", "arguments") + ', "task_links": []}',
        "<think>[maybe {this}?]</think>" + PLAIN,
        '{"tasks": ' + PLAIN,
    ],
)
def test_a_dialect_is_read(text: str) -> None:
    assert read(text).tasks == (CAPTION,)


def test_a_list_that_is_not_closed_may_have_been_longer() -> None:
    reply = read(PLAIN[:-1])
    assert reply.tasks == (CAPTION,)
    assert "breaks off" in reply.complaints[0]


def test_the_compact_form_is_read() -> None:
    reply = read('{"tasks": [{"image-to-text": {"image": "a.png"}}, {"summarization": {"text": "x"}, "after": [0]}]}')
    assert reply.tasks == (
        Written("image-to-text", None, (), {"image": "a.png"}),
        Written("summarization", None, (0,), {"text": "x"}),
    )


def test_arguments_without_names_are_numbered() -> None:
    reply = read('{"task_nodes": [{"task": "Image-to-Text", "arguments": ["a.png", {"name": "text", "value": "x"}]}]}')
    assert reply.tasks[0].args == {"0": "a.png", "text": "x"}


def test_the_word_error_in_a_plan_means_nothing() -> None:
    assert read(PLAIN.replace("a.png", "error.png")).tasks[0].args == {"image": "error.png"}


@pytest.mark.parametrize(
    "text", ["Hello! How can I help?", "Use {braces} or [brackets], it's fine.", "0", "{'a'} is a set"]
)
def test_prose_is_words_to_the_user(text: str) -> None:
    reply = read(text)
    assert reply.tasks == ()
    assert reply.text in {text, ""}


def test_a_reply_and_a_question_are_told_apart() -> None:
    assert read('{"reply": "Hello!"}') == Reply(text="Hello!")
    assert read('{"tasks": [], "question": "Which picture?"}') == Reply(question="Which picture?")


def test_broken_json_without_tasks_is_nothing() -> None:
    assert read('{"tasks": [') == Reply()
    assert read("") == Reply()


@pytest.mark.timeout(60)  # a guard: a parser that goes back over what it has read would take hours
@pytest.mark.parametrize("bit", ["[", "{", '{"a":', '["', "[1,", '\\{"', "<think>", "'{", '[{"task":"x","args":{"a":"'])
def test_hostile_text_is_read_to_its_end(bit: str) -> None:
    assert len(read(bit * 100_000).tasks) <= 1


@given(st.text(alphabet=st.sampled_from("[]{}\"',:\\ \n<>task-0argsdep"), max_size=200))
@settings(max_examples=300, deadline=None)
def test_reading_never_raises(text: str) -> None:
    assert isinstance(read(text), Reply)


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), min_size=1), max_size=6), st.integers(1, 9))
def test_the_scanner_cuts_out_every_object_however_the_text_arrives(objects: list[dict[str, str]], size: int) -> None:
    text = json.dumps({"tasks": objects})
    scanner = Scanner()
    cut = [member for at in range(0, len(text), size) for member in scanner.feed(text[at : at + size])]
    assert [(place, json.loads(member)) for place, member in cut] == list(enumerate(objects))


def test_the_scanner_counts_members_that_are_no_objects() -> None:
    assert list(Scanner().feed('{"tasks": [null, {"a": [1, 2]}, "b, c", [{}], {"d": 1} {"e": 2}]} [3]')) == [
        (0, "null"),
        (1, '{"a": [1, 2]}'),
        (2, '"b, c"'),
        (3, "[{}]"),
        (4, '{"d": 1}'),
        (5, '{"e": 2}'),
        (0, "3"),
    ]


def test_what_even_the_repair_does_not_foresee_is_no_plan() -> None:
    reply = read('```json\n{"tasks": [{"```json\n{"ject-detection", "args": {"image": ["a.png"]}, "after": [0]}]}\n```')
    assert reply.tasks == () or reply.complaints
