import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.everyday import main
from benchmarks.everyday_data import FOLDER, Everyday, load
from benchmarks.everyday_scoring import is_right, score
from tools.tasks import TASKS

READ_AND_SPEAK: list[dict[str, Any]] = [
    {"task": "image-to-text", "args": {"image": "sign.png"}},
    {"task": "text-to-speech", "args": {"text": "<r0>"}},
]


def asked(accept: list[list[dict[str, Any]]], outcome: str = "plan", *files: str) -> Everyday:
    outcomes = () if outcome == "plan" else (outcome,)
    return Everyday("1", "one", "do it", files, outcomes, tuple(accept), {})


def planned(*tasks: tuple[str, int, dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "1",
        "outcome": "plan",
        "tasks": [{"task": name, "id": id_, "args": args} for name, id_, args in tasks],
    }


def test_a_plan_is_right_whatever_the_order_and_the_ids_of_its_tasks() -> None:
    made = planned(("text-to-speech", 7, {"text": "<resource-3>"}), ("image-to-text", 3, {"image": "sign.png"}))
    assert is_right(asked([READ_AND_SPEAK], "plan", "sign.png"), made)


@pytest.mark.parametrize(
    "made",
    [
        planned(("image-to-text", 0, {"image": "sign.png"})),
        planned(("image-to-text", 0, {"image": "sign.png"}), ("text-to-speech", 1, {"text": "sign.png"})),
        planned(("image-to-text", 0, {"image": "b.png"}), ("text-to-speech", 1, {"text": "<resource-0>"})),
        {"id": "1", "outcome": "ask", "tasks": []},
        {},
    ],
)
def test_less_and_other_bindings_are_not_right(made: dict[str, Any]) -> None:
    assert not is_right(asked([READ_AND_SPEAK], "plan", "sign.png", "b.png"), made)


def test_a_star_is_any_text_and_a_literal_is_meant() -> None:
    one = asked([[{"task": "translation", "args": {"text": "*", "language": "French"}}]])
    assert is_right(one, planned(("translation", 0, {"text": "Good morning", "language": "French"})))
    assert not is_right(one, planned(("translation", 0, {"text": "Good morning", "language": "German"})))
    assert not is_right(one, planned(("translation", 0, {"text": "Good morning"})))


def test_any_accepted_plan_and_any_accepted_outcome_will_do() -> None:
    either = asked([READ_AND_SPEAK, [{"task": "text-to-speech", "args": {"text": "*"}}]])
    assert is_right(either, planned(("text-to-speech", 0, {"text": "hello"})))
    assert is_right(asked([], "ask"), {"outcome": "ask"})
    assert not is_right(asked([], "ask"), {"outcome": "chat"})


def test_wrong_plans_are_those_that_run_something_else() -> None:
    data = [asked([READ_AND_SPEAK], "plan", "sign.png")]
    report = score(data, {"1": planned(("image-to-text", 0, {"image": "sign.png"}))})
    assert (report["right"], report["wrong_plans"]) == (0.0, 100.0)
    assert score(data, {"1": {"outcome": "ask"}})["wrong_plans"] == 0.0


def test_the_benchmark_writes_a_prediction_a_line_and_scores_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = [{"task": "automatic-speech-recognition", "args": {"audio": "talk.wav"}}]
    line = {
        "id": "1",
        "request": "Transcribe this recording please",
        "files": ["talk.wav"],
        "outcome": "plan",
        "accept": [plan],
    }
    data, kept = tmp_path / "data.jsonl", tmp_path / "out.jsonl"
    data.write_text(json.dumps(line) + "\n")
    main(["--data", str(data), "--predictions", str(kept), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["right"] == 100.0
    made = json.loads(kept.read_text())
    assert (made["id"], made["outcome"]) == ("1", "plan")
    assert made["tasks"] == [{"task": "automatic-speech-recognition", "id": 0, "args": {"audio": "talk.wav"}}]


def test_data_that_cannot_be_read_is_told_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path / "none.jsonl")])
    assert "cannot be read as everyday requests" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda path: path.name)
def test_the_data_keep_to_the_format_and_the_task_table(path: Path) -> None:
    data = load(path)
    assert len({one.id for one in data}) == len(data)
    for one in data:
        assert bool(one.accept) == (not one.outcomes), one.id
        for plan in one.accept:
            for position, task in enumerate(plan):
                row = TASKS[task["task"]]
                assert {slot.name for slot in row.required} <= set(task["args"]) <= {slot.name for slot in row.slots}
                assert all(int(number) < position for number in _references(task["args"])), one.id


def test_no_held_out_request_is_learned_from() -> None:
    def plain(one: Everyday) -> str:
        return " ".join(one.request.lower().split())

    assert not {plain(one) for one in load(FOLDER / "train.jsonl")} & {
        plain(one) for one in load(FOLDER / "held.jsonl")
    }


def _references(args: dict[str, Any]) -> list[str]:
    return re.findall(r"<r(\d+)>", str(args))
