"""What is told of a run when it has ended."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from app.run import Report
from graph.state import Plan, Result, Status, Task

PLAN = Plan(tasks=[Task(task="image-to-text", id=0), Task(task="text-to-speech", id=1, dep=[0])])


def report(*ends: Status) -> Report:
    results = [Result(id=i, task=PLAN.tasks[i].task, status=end, files=[f"{i}.wav"]) for i, end in enumerate(ends)]
    return Report({"messages": [AIMessage("Done.")], "plan": PLAN, "results": results})


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (("done", "done"), 0),
        (("done", "failed"), 1),
        (("done", "skipped"), 1),
        (("cancelled", "cancelled"), 1),
        (("failed", "failed"), 4),
        (("failed", "skipped"), 4),
    ],
)
def test_the_exit_code_says_how_much_was_done(ends: tuple[Status, ...], code: int) -> None:
    assert report(*ends).exit_code == code


@pytest.mark.parametrize(("metadata", "code"), [({}, 0), ({"exit_code": 2}, 2), ({"exit_code": 3}, 3)])
def test_without_a_plan_the_answer_says_whether_it_is_one(metadata: dict[str, int], code: int) -> None:
    told = Report({"messages": [HumanMessage("?"), AIMessage("So.", response_metadata=metadata)], "plan": None})
    assert told.exit_code == code
    assert ("error" in told.to_json()) == bool(code)


def test_a_run_that_said_nothing_has_no_answer() -> None:
    silent = Report({"messages": [HumanMessage("Hello")]})
    assert (silent.answer, silent.exit_code) == ("", 3)


def test_artifacts_name_the_task_that_made_them() -> None:
    assert report("done", "done").to_json()["artifacts"] == [
        {"id": 0, "task": "image-to-text", "path": "0.wav"},
        {"id": 1, "task": "text-to-speech", "path": "1.wav"},
    ]
