"""Whatever slips into the text of a plan: the plan is the same, or the model is asked again; no task goes missing."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage
from rapidfuzz.distance import Levenshtein

from benchmarks.support.fakes import QueueChat
from graph import graph
from graph.chat_models import register
from graph.context import Context
from graph.planning.author import REPAIRS
from graph.state import Plan, Task

FIRST = 'In C:\\dir he said "hi" to me\nand left'
Entry = Callable[[str, int, str], object]
Slip = Callable[[list[str]], str]


def compact(name: str, _id: int, text: str) -> object:
    return {name: {"text": text}}


def full(name: str, id_: int, text: str) -> object:
    return {"task": name, "id": id_, "dep": [], "args": {"text": text}}


def taskbench(name: str, _id: int, text: str) -> object:
    return {"task": name.replace("-", " ").title(), "arguments": [text.replace("<r1>", "<node-1>")]}


THOUGHT = 'I could use {"text-classification": {"text": "x"}} or [{"summarization": {"text": "y"}}] first.'
DIALECTS: dict[str, tuple[Entry, str]] = {
    "compact": (compact, '{"tasks": [%s]}'),
    "list": (compact, "[%s]"),
    "full": (full, "[%s]"),
    "fenced": (full, '```json\n{"tasks": [%s]}\n```'),
    "thought": (compact, THOUGHT + '\nSo the plan is:\n{"tasks": [%s]}'),
    "tagged": (compact, f"<think>{THOUGHT}</think>" + '{"tasks": [%s]}'),
    "TaskBench": (taskbench, '{"task_steps": ["Step 1: tell"], "task_nodes": [%s], "task_links": []}'),
}


def commented(entries: list[str]) -> str:
    return f"{entries[0]}, // the first\n{', '.join(entries[1:])}"


def merged(entries: list[str]) -> str:
    return ", ".join([f"{entries[0][:-1]}, {entries[1][1:]}", *entries[2:]])


def instead(entry: str) -> Slip:
    return lambda entries: ", ".join([entries[0], entry, entries[2]])


def nested(entries: list[str]) -> str:
    return f"{entries[0]}, [{entries[1]}], {entries[2]}"


SLIPS: dict[str, Slip] = {
    "a trailing comma": lambda entries: ", ".join(entries) + ",",
    "a missing comma": " ".join,
    "a comment": commented,
    "an unescaped line end": lambda entries: ", ".join(entries).replace("\\n", "\n"),
    "unescaped quotes": lambda entries: ", ".join(entries).replace('\\"', '"'),
    "an invalid escape": lambda entries: ", ".join(entries).replace("\\\\", "\\"),
    "an unknown name": instead('{"time-travel": {"text": "B"}}'),
    "null": instead("null"),
    "an empty object": instead("{}"),
    "a string": instead('"text-classification"'),
    "two tasks in one object": merged,
    "a list in the list": nested,
    "a missing bracket": lambda entries: ", ".join([entries[0][:-1], *entries[1:]]),
    "a bracket too many": lambda entries: ", ".join([f"{entries[0]}}}", *entries[1:]]),
    "the list closed early": lambda entries: f"{entries[0]}], {', '.join(entries[1:])}",
    "no number": lambda entries: ", ".join(entries).replace('"B"', "NaN"),
}


def entries(entry: Entry, *more: str) -> list[str]:
    texts = {"text-classification": [FIRST, "B", *more], "summarization": ["Shorten <r1>"]}
    flat = [(name, text) for name, each in texts.items() for text in each]
    return [json.dumps(entry(name, id_, text)) for id_, (name, text) in enumerate(flat)]


async def planned(*answers: str) -> tuple[Plan | None, QueueChat]:
    """What a graph plans with a model that gives these answers."""
    model = QueueChat(answers=answers)
    register("queue", lambda _: model)
    asked: Any = {"messages": [HumanMessage("Classify these texts, and shorten the second.")]}
    state = await graph.ainvoke(asked, context=Context(llm="queue:test"), interrupt_before=["select"])
    return state.get("plan"), model


def content(tasks: Sequence[Task]) -> list[tuple[str, list[int], str]]:
    return [(task.task, task.dep, " ".join(str(task.args.get("text")).split())) for task in tasks]


RIGHT = DIALECTS["compact"][1] % ", ".join(entries(compact))
MEANT = [
    ("text-classification", [], " ".join(FIRST.split())),
    ("text-classification", [], "B"),
    ("summarization", [1], "Shorten <resource-1>"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_plan_without_a_slip_takes_one_call(dialect: str) -> None:
    entry, form = DIALECTS[dialect]
    plan, model = await planned(form % ", ".join(entries(entry)))
    assert plan
    assert content(plan.tasks) == MEANT
    assert len(model.calls) == 1


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_after_a_slip_the_plan_is_the_one_that_was_meant(dialect: str, slip: str) -> None:
    entry, form = DIALECTS[dialect]
    plan, _ = await planned(form % SLIPS[slip](entries(entry)), RIGHT)
    assert plan
    assert content(plan.tasks) == MEANT


@pytest.mark.parametrize("slip", ["a trailing comma", "a missing comma", "a comment", "an unescaped line end"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_slip_that_leaves_no_doubt_costs_no_further_call(dialect: str, slip: str) -> None:
    entry, form = DIALECTS[dialect]
    _, model = await planned(form % SLIPS[slip](entries(entry)), RIGHT)
    assert len(model.calls) == 1


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_slip_that_is_never_mended_loses_nothing_unsaid(dialect: str, slip: str) -> None:
    entry, form = DIALECTS[dialect]
    plan, _ = await planned(*[form % SLIPS[slip](entries(entry))] * (1 + REPAIRS))
    tasks = plan.tasks if plan else []
    by_id = {task.id: task for task in tasks}
    assert {text for name, _, text in content(tasks) if name == "text-classification"} <= {MEANT[0][2], "B"}
    for task in tasks:
        assert [by_id[id_].args["text"] for id_ in task.dep] == (["B"] if task.task == "summarization" else [])
    assert len(tasks) == len(MEANT) or plan is None or plan.notes


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("share", [0.35, 0.6, 0.8, 0.95])
async def test_a_plan_that_breaks_off_is_asked_for_again(dialect: str, share: float) -> None:
    entry, form = DIALECTS[dialect]
    text = form % ", ".join(entries(entry))
    start = text.rindex('{"tasks"') if '{"tasks"' in text else 0
    plan, model = await planned(text[: start + int((len(text) - start) * share)], RIGHT)
    assert plan
    assert content(plan.tasks) == MEANT
    assert len(model.calls) == 2


async def test_of_a_plan_that_breaks_off_again_and_again_the_whole_tasks_run_and_it_is_said() -> None:
    plan, _ = await planned(*[RIGHT[: RIGHT.index("Shorten")]] * (1 + REPAIRS))
    assert plan
    assert content(plan.tasks) == MEANT[:2]
    assert any("breaks off" in note for note in plan.notes)


async def test_the_valid_part_runs_and_the_rest_is_left_out_with_the_reason() -> None:
    wrong = (
        '{"tasks": [{"text-classification": {"text": "A"}}, {"time-travel": {"year": "1800"}}, '
        + ", ".join(json.dumps({"summarization": {"text": f"<r{each}>"}}) for each in (1, 4, 3, 9, 6, 0))
        + "]}"
    )
    plan, model = await planned(*[wrong] * (1 + REPAIRS))
    assert plan
    assert [(task.id, task.dep) for task in plan.tasks] == [(0, []), (7, [0])]
    assert [note.partition(" was left out: ")[0] for note in plan.notes] == [
        "Task 1 (time-travel)",
        *(f"Task {id_} (summarization)" for id_ in range(2, 7)),
    ]
    assert "no task type" in plan.notes[0]
    assert plan.notes[1] == "Task 2 (summarization) was left out: it needs task 1."
    assert "<resource-9>, which no task makes" in model.calls[1].messages[-1].text


async def test_a_misspelt_reference_is_asked_about_unless_the_user_wrote_it() -> None:
    plan, model = await planned(RIGHT.replace("<r1>", "<r1"), RIGHT)
    assert plan
    assert content(plan.tasks) == MEANT
    assert "'<r1' is no reference" in model.calls[1].messages[-1].text


DAMAGE = st.sampled_from(list(",:{}[]\"'\\\n/<>- x"))


MARKS = [  # places where one wrong mark lost a task, or hid its argument, without a word
    ("list", 9, '"', "insert"),
    ("list", 16, '"', "replace"),
    ("list", 169, "]", "replace"),
    ("list", 187, "[", "replace"),
    ("full", 1, "]", "replace"),
    ("full", 49, "{", "replace"),
    ("fenced", 67, "{", "replace"),
    ("compact", 33, "}", "replace"),
    ("compact", 197, "[", "replace"),
]


@pytest.mark.parametrize(("dialect", "at", "char", "how"), MARKS)
async def test_a_wrong_mark_changes_no_plan_in_silence(dialect: str, at: int, char: str, how: str) -> None:
    entry, form = DIALECTS[dialect]
    await same_plan(form % ", ".join(entries(entry, "third one")), at, char, how)


@given(st.sampled_from(list(DIALECTS)), st.sampled_from(["cut", "delete", "insert", "replace"]), st.data())
@settings(max_examples=100)
@pytest.mark.slow
async def test_one_damaged_place_changes_no_plan_in_silence(dialect: str, how: str, data: st.DataObject) -> None:
    entry, form = DIALECTS[dialect]
    text = form % ", ".join(entries(entry, "third one"))
    start = max(0, text.index(entries(entry)[0]) - len('{"tasks": ['))
    at = data.draw(st.integers(start, len(text) - 1))
    await same_plan(text, at, data.draw(DAMAGE), how)


async def same_plan(text: str, at: int, char: str, how: str) -> None:
    """See that a plan damaged at one place is read as it was meant, or asked for again."""
    damaged = {
        "cut": text[:at],
        "delete": text[:at] + text[at + 1 :],
        "insert": text[:at] + char + text[at:],
        "replace": text[:at] + char + text[at + 1 :],
    }[how]
    plan, model = await planned(damaged, text)
    assert plan
    got, wanted = content(plan.tasks), [*MEANT[:2], ("text-classification", [], "third one"), MEANT[2]]
    assert [each[:2] for each in got] == [each[:2] for each in wanted], len(model.calls)
    assert all(Levenshtein.distance(one[2], other[2]) <= 4 for one, other in zip(got, wanted, strict=True))
