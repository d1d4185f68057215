"""Plans are mended where the meaning is plain, and refused with the exact reason where it is not."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.binding import references
from graph.planning.files import Files
from graph.planning.reply import read
from graph.planning.validation import MAX_TASKS, Checked, check
from graph.state import Task
from tools.tasks import TASKS

FILES = Files(["in/cat.png"], ["old/dog.jpg", "old/talk.wav"])


def checked(tasks: Sequence[object], files: Files = FILES, without: str = "") -> Checked:
    offered = {name: row for name, row in TASKS.items() if name != without}
    return check(read(json.dumps(tasks)).tasks, files, offered)


def plan(*tasks: object, files: Files = FILES) -> list[Task]:
    found = checked(tasks, files)
    assert (found.problems, found.missing) == ([], None)
    return found.tasks


def task(name: str, id_: object = 0, dep: object = (), **args: object) -> dict[str, Any]:
    return {"task": name, "id": id_, "dep": list(dep) if isinstance(dep, tuple) else dep, "args": args}


def test_a_good_plan_stays_as_it_is() -> None:
    tasks = plan(task("image-to-text", image="cat.png"), task("text-to-speech", 1, [0], text="<resource-0>"))
    assert tasks == [
        Task(task="image-to-text", id=0, args={"image": "in/cat.png"}),
        Task(task="text-to-speech", id=1, dep=[0], args={"text": "<resource-0>"}),
    ]


@pytest.mark.parametrize("name", ["Image-to-Text", "image to text", "image_to_text", "imgae-to-text", "OCR"])
def test_names_of_types_may_be_misspelt(name: str) -> None:
    assert plan(task(name, image="cat.png"))[0].task == "image-to-text"


@pytest.mark.parametrize(
    "reference", ["<GENERATED>-0", "<GENERATED-0>", "<node-0>", "<resource-0>", "<r0>", "<Resource - 0>"]
)
def test_every_dialect_of_references_is_bound(reference: str) -> None:
    tasks = plan(
        task("image-to-text", image="cat.png"), task("text-to-image", 1, text=f"an oil painting of {reference}")
    )
    assert tasks[1].args == {"text": "an oil painting of <resource-0>"}
    assert tasks[1].dep == [0]


def test_two_references_in_one_string_and_a_dependency_that_only_orders_survive() -> None:
    tasks = plan(
        task("image-to-text", 0, image="cat.png"),
        task("depth-estimation", 1, image="cat.png"),
        task("image-to-text", 2, image="dog.jpg"),
        task("text-generation", 3, [1], text="Compare <resource-0> with <resource-2>."),
    )
    assert tasks[-1].dep == [0, 1, 2]


def test_string_ids_are_numbers() -> None:
    tasks = plan(
        task("image-to-text", "4", ["-1"], image="cat.png"), task("text-to-speech", "5", "4", text="<resource-4>")
    )
    assert [(each.id, each.dep) for each in tasks] == [(4, []), (5, [4])]


def test_a_forward_reference_is_sorted() -> None:
    tasks = plan(task("text-to-speech", 0, text="<resource-1>"), task("image-to-text", 1, image="cat.png"))
    assert [each.id for each in tasks] == [1, 0]


def test_a_cycle_is_refused() -> None:
    found = checked([task("summarization", 0, text="<resource-1>"), task("translation", 1, text="<resource-0>")])
    assert "wait for each other" in found.problems[0]
    assert found.tasks == []


def test_a_task_that_refers_to_itself_is_refused() -> None:
    assert checked([task("summarization", 0, text="<resource-0>")]).problems


def test_a_reference_to_no_task_is_refused_and_an_order_after_no_task_forgotten() -> None:
    assert "<resource-7>, which no task makes" in checked([task("summarization", text="<resource-7>")]).problems[0]
    assert plan(task("summarization", 0, [7], text="x"))[0].dep == []


def test_duplicate_ids_become_unique_and_what_follows_means_the_latest() -> None:
    tasks = plan(
        task("image-to-text", 0, image="cat.png"),
        task("text-to-speech", 1, text="<resource-0>"),
        task("image-to-text", 0, image="dog.jpg"),
        task("summarization", 3, text="<resource-0>"),
    )
    assert len({each.id for each in tasks}) == 4
    spoken, summary = (
        next(each for each in tasks if each.task == name) for name in ("text-to-speech", "summarization")
    )
    captions = {each.id: each.args["image"] for each in tasks if each.task == "image-to-text"}
    assert captions[spoken.dep[0]] == "in/cat.png"
    assert captions[summary.dep[0]] == "old/dog.jpg"


def test_several_pictures_become_one_task_each_with_unique_ids() -> None:
    tasks = plan(
        task("object-detection", 0, image=["cat.png", "dog.jpg"]),
        task("text-generation", 1, text="How many animals: <resource-0>?"),
    )
    assert [each.args.get("image") for each in tasks] == ["in/cat.png", "old/dog.jpg", None]
    assert len({each.id for each in tasks}) == 3
    assert tasks[-1].args["text"] == f"How many animals: <resource-0>, <resource-{tasks[1].id}>?"
    assert tasks[-1].dep == sorted(each.id for each in tasks[:2])


def test_what_takes_one_picture_unfolds_after_what_was_unfolded() -> None:
    tasks = plan(task("canny-control", 0, image="cat.png, dog.jpg"), task("image-to-text", 1, image="<resource-0>"))
    assert [each.task for each in tasks] == ["canny-control"] * 2 + ["image-to-text"] * 2
    assert [each.dep for each in tasks[2:]] == [[tasks[0].id], [tasks[1].id]]


def test_several_documents_become_one_task_each() -> None:
    tasks = plan(task("summarization", text=["a.pdf", "b.txt"]), files=Files(["in/a.pdf", "in/b.txt"]))
    assert [each.args["text"] for each in tasks] == ["in/a.pdf", "in/b.txt"]


def test_a_comma_in_a_prompt_is_only_a_comma() -> None:
    tasks = plan(task("text-to-image", text="a cat, a dog, cat.png and a hat"))
    assert [each.args for each in tasks] == [{"text": "a cat, a dog, cat.png and a hat"}]


def test_text_is_exact_to_the_byte() -> None:
    text = 'C:\\new\\"table" it\'s <b>\t\\n\u00e9'
    assert plan(task("summarization", text=text))[0].args["text"] == text


def test_a_name_that_is_no_slot_goes_where_its_modality_fits() -> None:
    tasks = plan(task("visual-question-answering", picture="cat.png", text="What colour is it?"))
    assert tasks[0].args == {"image": "in/cat.png", "question": "What colour is it?"}


def test_numbered_arguments_go_where_their_modality_fits() -> None:
    tasks = plan({"task": "Visual Question Answering", "arguments": ["What colour?", "cat.png"]})
    assert tasks[0].args == {"image": "in/cat.png", "question": "What colour?"}


def test_the_language_to_translate_into_is_told_from_the_other() -> None:
    tasks = plan(task("translation", text="hello", source_language="en", target_language="German"))
    assert tasks[0].args == {"text": "hello", "language": "German"}


def test_what_fits_no_slot_is_left_out_and_said() -> None:
    found = checked([task("summarization", text="x", temperature=50)])
    assert found.tasks[0].args == {"text": "x"}
    assert "temperature" in found.notes[0]


def test_an_unknown_type_is_refused_with_the_choices() -> None:
    assert "no task type. Use one of: text-classification" in checked([task("time-travel")]).problems[0]


def test_a_type_that_cannot_run_here_is_refused() -> None:
    found = checked([task("depth-estimation", image="cat.png")], without="depth-estimation")
    assert "cannot run in this configuration" in found.problems[0]


def test_a_picture_where_text_is_needed_is_read_first() -> None:
    tasks = plan(task("text-to-speech", text="cat.png"))
    assert [each.task for each in tasks] == ["image-to-text", "text-to-speech"]
    assert tasks[1].args == {"text": f"<resource-{tasks[0].id}>"}


def test_a_made_picture_where_text_is_needed_is_read_first() -> None:
    tasks = plan(task("canny-control", image="cat.png"), task("text-to-speech", 1, text="I see <resource-0>."))
    assert [each.task for each in tasks] == ["canny-control", "image-to-text", "text-to-speech"]
    assert tasks[2].args == {"text": f"I see <resource-{tasks[1].id}>."}


def test_the_wrong_modality_is_refused() -> None:
    found = checked([task("summarization", text="x"), task("canny-control", 1, image="<resource-0>")])
    assert found.problems == ["Task 1 (canny-control): task 0 (summarization) makes text, but 'image' takes image."]


def test_an_invented_file_is_the_only_one_that_can_be_meant() -> None:
    found = checked([task("image-to-text", image="example.jpg")])
    assert found.tasks[0].args == {"image": "in/cat.png"}
    assert "'example.jpg' was not given; cat.png is used." in found.notes


def test_an_invented_file_among_several_is_refused() -> None:
    found = checked([task("image-to-text", image="x.jpg")], Files(["a.png", "b.png"]))
    assert "'x.jpg' was never given. Given: a.png, b.png." in found.problems[0]


def test_a_file_that_nobody_gave_is_missing() -> None:
    found = checked([task("image-to-text", image="x.jpg")], Files())
    assert found.missing == (TASKS["image-to-text"], TASKS["image-to-text"].slots[0])


def test_a_text_that_names_a_file_nobody_gave_is_never_opened() -> None:
    found = checked([task("summarization", text="/etc/passwd.txt")], Files())
    assert found.tasks == []
    assert found.missing is not None


def test_an_empty_slot_takes_what_the_task_comes_after() -> None:
    tasks = plan(task("image-to-text", 0, image="cat.png"), task("text-to-speech", 1, [0]))
    assert tasks[1].args == {"text": "<resource-0>"}


def test_too_many_tasks_are_refused() -> None:
    assert checked([task("summarization", n, text="x") for n in range(MAX_TASKS + 1)]).problems


def test_a_plan_that_doubles_at_every_step_is_refused_in_time() -> None:
    tasks = [task("canny-control", 0, image=["cat.png", "dog.jpg"])]
    tasks += [task("canny-control", n, image=[f"<resource-{m}>" for m in range(n)]) for n in range(1, 40)]
    assert "write fewer" in checked(tasks).problems[0]


VALUES = st.one_of(
    st.sampled_from(["cat.png", "dog.jpg", "talk.wav", "x.mp4", "<resource-0>", "<GENERATED>-1", "<node-2>, cat.png"]),
    st.text(max_size=8),
    st.none(),
    st.integers(),
)
ARGS = st.dictionaries(
    st.sampled_from(["image", "text", "question", "audio", "labels", "x"]),
    VALUES | st.lists(VALUES, max_size=3),
    max_size=3,
)
TASK = st.fixed_dictionaries(
    {"task": st.sampled_from([*TASKS, "Text-to-Speech", "nonsense"]), "args": ARGS | st.lists(VALUES, max_size=3)},
    optional={"id": st.integers(-1, 4) | st.text(max_size=2), "dep": st.lists(st.integers(-1, 5), max_size=3)},
)


@pytest.mark.slow
@given(st.lists(TASK, max_size=6))
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_the_outcome_is_a_valid_plan_or_a_reason(tasks: list[dict[str, Any]]) -> None:
    found = checked(tasks)
    if found.problems or found.missing:
        assert found.tasks == []
    ids: set[int] = set()
    for each in found.tasks:
        assert references(list(each.args.values())) <= set(each.dep) <= ids
        assert each.id not in ids
        assert all(each.args.get(slot.name) for slot in TASKS[each.task].required)
        assert set(each.args) <= {slot.name for slot in TASKS[each.task].slots}
        ids.add(each.id)
