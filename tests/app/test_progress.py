"""Events become the rows that a person watches."""

from app.progress import Progress
from graph.state import Choice, Plan, Result, Task

PLAN = Plan(tasks=[Task(id=0, task="image-to-text"), Task(id=1, task="text-to-speech", dep=[0])])


def progress(*events: dict[str, object]) -> Progress:
    made = Progress()
    made.begin(PLAN)
    for event in events:
        made.event({"id": 0, "task": "image-to-text", **event})
    return made


def test_a_task_goes_from_waiting_over_running_to_done() -> None:
    assert progress().rows[0].status == "waiting"
    row = progress({"event": "queued"}, {"event": "started", "model": "ocr"}).rows[0]
    assert (row.status, row.model) == ("running", "ocr")
    assert row.seconds is not None
    row.update({"event": "finished", "id": 0})
    assert row.status == "done"
    assert row.seconds == row.seconds  # the clock has stopped


def test_steps_are_followed_and_forgotten_when_the_next_model_starts() -> None:
    begun = [{"event": "started", "model": "a"}, {"event": "step", "step": 3, "steps": 20}]
    assert progress(*begun).rows[0].step == (3, 20)
    row = progress(
        *begun, {"event": "fallback", "model": "b", "reason": "gone"}, {"event": "started", "model": "b"}
    ).rows[0]
    assert (row.step, row.model, row.note) == (None, "b", "next model: gone")


def test_a_failure_keeps_its_reason_on_one_line() -> None:
    row = progress({"event": "failed", "reason": "no\nspace"}).rows[0]
    assert (row.status, row.note) == ("failed", "no space")


def test_events_of_unknown_tasks_are_ignored() -> None:
    assert progress().event({"event": "started", "id": 9}) is None
    assert progress().event({"event": "thinking"}) is None


def test_what_ended_before_this_process_is_settled_from_its_result() -> None:
    row = progress().rows[0]
    row.settle(Result(id=0, task="image-to-text", status="done", choice=Choice(model="ocr", backend="embedded")))
    assert (row.status, row.model, row.note) == ("done", "ocr", "done before")
