from graph.planning.alternative import WAYS, alternative, untouched
from graph.state import Plan, Result, Task
from tools.tasks import TASKS


def failed(*ids: int) -> list[Result]:
    return [Result(id=each, task="any", status="failed", error="no model could") for each in ids]


def test_a_failed_task_is_replaced_by_another_that_takes_its_place() -> None:
    question = Task(task="visual-question-answering", id=0, args={"image": "a.png", "question": "How many?"})
    spoken = Task(task="text-to-speech", id=1, dep=[0], args={"text": "<resource-0>"})
    other = alternative(Plan(tasks=[question, spoken]), failed(0), TASKS)
    assert other
    assert other.tasks == [
        Task(task="image-text-to-text", id=0, args={"image": "a.png", "text": "How many?"}),
        spoken,
    ]
    assert other.notes == [
        "visual-question-answering failed (no model could), so image-text-to-text was tried instead."
    ]


def test_a_route_over_two_tasks_keeps_the_order_and_the_ids_apart() -> None:
    scan = Task(task="text-to-image", id=3, args={"text": "an invoice"})
    asked = Task(
        task="document-question-answering", id=4, dep=[3], args={"image": "<resource-3>", "question": "Total?"}
    )
    other = alternative(Plan(tasks=[scan, asked]), failed(4), TASKS)
    assert other
    assert other.tasks[1:] == [
        Task(task="image-to-text", id=5, dep=[3], args={"image": "<resource-3>"}),
        Task(task="question-answering", id=4, dep=[3, 5], args={"question": "Total?", "context": "<resource-5>"}),
    ]


def test_text_with_a_dollar_sign_stays_as_it_is() -> None:
    costly = Task(task="summarization", id=0, args={"text": "It costs $5 and $text."})
    other = alternative(Plan(tasks=[costly]), failed(0), TASKS)
    assert other
    assert other.tasks[0].args == {"text": "Summarise this text: It costs $5 and $text."}


def test_without_another_way_there_is_no_other_plan() -> None:
    spoken = Task(task="text-to-speech", id=0, args={"text": "hello"})
    asked = Task(task="visual-question-answering", id=0, args={"image": "a.png", "question": "How many?"})
    assert alternative(Plan(tasks=[spoken]), failed(0), TASKS) is None
    assert alternative(Plan(tasks=[asked]), failed(0), {"text-to-speech": TASKS["text-to-speech"]}) is None
    assert alternative(Plan(tasks=[asked]), [], TASKS) is None


def test_every_way_fills_the_slots_of_its_tasks() -> None:
    for name, ways in WAYS.items():
        given = {slot.name for slot in TASKS[name].slots} | {"before"}
        for way in ways:
            assert TASKS[way[-1].task].outputs[0] == TASKS[name].outputs[0]
            for step in way:
                assert {slot.name for slot in TASKS[step.task].required} <= set(step.args)
                assert all(TASKS[step.task].slot(slot) for slot in step.args)
                assert all(text[1:] in given for text in step.args.values() if text.startswith("$"))


def test_the_name_of_a_file_is_never_taken_for_its_text() -> None:
    summary = Task(task="summarization", id=0, args={"text": "in/harbour.pdf"})
    assert alternative(Plan(tasks=[summary]), failed(0), TASKS) is None


def test_only_what_the_new_way_touches_runs_again() -> None:
    words = {id_: Task(task="text-to-speech", id=id_, args={"text": str(id_)}) for id_ in (1, 2)}
    question = Task(task="visual-question-answering", id=0, args={"image": "a.png", "question": "How many?"})
    spoken = Task(task="text-to-speech", id=3, dep=[0], args={"text": "<resource-0>"})
    plan = Plan(tasks=[question, *words.values(), spoken])
    results = [
        Result(id=id_, task="any", status=status) for id_, status in enumerate(["failed", "done", "failed", "skipped"])
    ]
    other = alternative(plan, [*failed(0), *failed(2)], TASKS)
    assert other
    assert [result.id for result in untouched(plan, other, results)] == [1, 2]
