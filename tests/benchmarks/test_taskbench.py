import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.support.fakes import QueueChat
from benchmarks.taskbench import main
from benchmarks.taskbench_data import Sample, load, toolset
from benchmarks.taskbench_scoring import edges, names, scores, types, values
from graph.chat_models import register

LABEL: list[dict[str, Any]] = [
    {"task": "Summarization", "arguments": ["<node-1>"]},
    {"task": "Image-to-Text", "arguments": ["a.jpg"]},
    {"task": "Text-to-Speech", "arguments": ["<node-0>"]},
]
GUESS: list[dict[str, Any]] = [
    {"task": "Image-to-Text", "arguments": ["a.jpg"]},
    {"task": "Text-to-Speech", "arguments": ["<node-0>"]},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    records = [
        {"id": "1", "type": "single", "user_request": "Please transcribe talk.wav",
         "task_nodes": [{"task": "Automatic Speech Recognition", "arguments": ["talk.wav"]}]},
        {"id": "2", "type": "chain", "user_request": "Extract the text from sign.png and translate it into French.",
         "task_nodes": [{"task": "Image-to-Text", "arguments": ["sign.png"]},
                        {"task": "Translation", "arguments": ["<node-0>"]}]},
    ]  # fmt: skip
    path = tmp_path / "tiny.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.taskbench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own module


def test_references_make_edges_and_typed_values() -> None:
    assert edges(LABEL) == {("Image-to-Text", "Summarization"), ("Summarization", "Text-to-Speech")}
    assert types(LABEL) == {("Summarization", "text"), ("Image-to-Text", "image"), ("Text-to-Speech", "text")}
    assert ("Text-to-Speech", "text", "Summarization") in values(LABEL)
    assert ("Image-to-Text", "image", "a.jpg") in values(LABEL)


def test_scores_agree_with_figures_reckoned_by_hand() -> None:
    sample = Sample("1", "chain", "", LABEL)
    overall = scores([sample], {"1": GUESS})["overall"]
    assert overall["n_f1"] == 80.0  # 2 of 3 tools found, 2 predicted: 2 * 2 / (3 + 2)
    assert overall["e_f1"] == 0.0  # the one edge predicted is not among the two
    assert overall["t_f1"] == 80.0
    assert overall["v_f1"] == 40.0  # only the file: 2 * 1 / (3 + 2)


def test_the_papers_measures_agree_with_figures_reckoned_by_hand() -> None:
    paper = scores([Sample("1", "chain", "", LABEL)], {"1": GUESS})["paper"]["sequential"]
    assert (paper["accuracy"], paper["precision"], paper["recall"]) == (0.0, 100.0, 66.67)
    assert paper["edit_distance"] == 0.3333  # one of three tools is missing from the sequence
    assert scores([Sample("1", "chain", "", LABEL)], {"1": LABEL})["paper"]["sequential"]["accuracy"] == 100.0


def test_a_node_referring_to_itself_makes_no_edge_and_no_value() -> None:
    node = {"task": "Summarization", "arguments": ["<node-0>"]}
    assert edges([node]) == values([node]) == set()


def test_noise_in_labels_is_scored_and_not_refused() -> None:
    nodes = [
        {"task": "Text_Generation", "arguments": [{"value": ["a", "b"]}, 7, "<node-9>", "<node-x>"]},
        {"task": "X"},
    ]
    assert names(nodes) == {"Text Generation", "X"}
    assert ("Text Generation", "text", "a b") in values(nodes)


def test_a_sample_without_a_prediction_counts_as_missed() -> None:
    assert scores([Sample("1", "chain", "", LABEL)], {})["overall"]["n_f1"] == 0.0


def test_the_toolset_takes_and_gives_what_the_set_says() -> None:
    tools = toolset()
    assert len(tools) == 23
    assert [slot.modality for slot in tools["tabular-classification"].slots] == ["image"]
    assert tools["sentence-similarity"].outputs == ()


def test_both_forms_of_the_public_set_are_read(tmp_path: Path) -> None:
    path = tmp_path / "hub.json"
    record = {"id": 5, "type": "single", "instruction": "x", "tool_nodes": json.dumps(LABEL)}
    path.write_text(json.dumps(record) + "\n")
    assert load(path) == [Sample("5", "single", "x", LABEL)]


def test_the_command_scores_a_file_and_prints_one_json_object(data: Path) -> None:
    done = run("--data", data, "--controller", "offline", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["samples"]) == (0, 2)
    assert report["overall"]["n_f1"] == report["chain"]["e_f1"] == report["overall"]["v_f1"] == 100.0
    assert report["median_ms"] > 0


def test_a_run_goes_on_where_it_stopped(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "predictions.jsonl"
    wrong = {"id": "1", "result": {"task_steps": [], "task_nodes": [], "task_links": []}}
    kept.write_text(json.dumps(wrong) + "\n" + '{"id": "2", "resu')
    main(["--data", str(data), "--predictions", str(kept), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["single"]["n_f1"] == 0.0  # taken from the file, not planned again
    assert report["chain"]["n_f1"] == 100.0  # its line was cut short: planned now
    assert [json.loads(line)["id"] for line in kept.read_text().splitlines()] == ["1", "2"]


def test_a_language_model_plans_through_our_own_planner(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plans = [
        {"tasks": [{"task": "automatic-speech-recognition", "args": {"audio": "talk.wav"}}]},
        {"tasks": [{"task": "image-to-text", "args": {"image": "sign.png"}},
                   {"task": "translation", "args": {"text": "<resource-0>"}}]},
    ]  # fmt: skip
    register("benchmark", lambda _: QueueChat(answers=plans))
    main(["--data", str(data), "--controller", "benchmark:queue", "--json"])
    overall = json.loads(capsys.readouterr().out)["overall"]
    assert overall["n_f1"] == overall["e_f1"] == overall["v_f1"] == 100.0


def test_a_plan_that_never_gets_valid_counts_as_missed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register("benchmark", lambda _: QueueChat(answers=lambda _: "not a plan"))
    main(["--data", str(data), "--controller", "benchmark:queue", "--json"])
    assert json.loads(capsys.readouterr().out)["overall"]["n_f1"] == 0.0


def test_an_unknown_controller_ends_in_one_sentence(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--data", str(data), "--controller", "nobody"])
    assert stopped.value.code == 2
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "not json\n", '{"id": 1}\n'])
def test_unreadable_data_ends_in_one_sentence(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(SystemExit) as stopped:
        main(["--data", str(path)])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "one JSON object a line" in said
    assert "Traceback" not in said
