from pathlib import Path

import numpy as np

from benchmarks.fitting import softmax
from benchmarks.taskbench_data import Sample
from benchmarks.train_planner import TOOLS, decisive_cues, example, fit, link_groups
from graph import offline
from graph.offline.weights import load, save

SAMPLES = [
    Sample(str(number), "chain", f"Transcribe talk{number}.wav and {verb} it.", [
        {"task": "Automatic Speech Recognition", "arguments": [f"talk{number}.wav"]},
        {"task": task, "arguments": ["<node-0>"]},
    ])
    for number, (verb, task) in enumerate([("summarize", "Summarization"), ("translate", "Translation")] * 6)
]  # fmt: skip


def test_softmax_prefers_what_the_targets_have_in_common() -> None:
    groups = [([{"good": 1.0}, {"bad": 1.0}], np.array([1.0, 0.0]))] * 5
    weights = softmax(groups, l2=1.0)
    assert weights["good"] > 0 > weights["bad"]


def test_a_label_becomes_one_choice_among_the_sources_of_each_slot() -> None:
    one = example(Sample("1", "chain", "Transcribe a.wav or b.wav", [
        {"task": "Automatic Speech Recognition", "arguments": ["b.wav"]},
    ]))  # fmt: skip
    ((_, target),) = link_groups(one, one.types, load())
    assert target.tolist() == [0.0, 1.0]


def test_only_cues_that_hardly_ever_mislead_are_decisive() -> None:
    cues = decisive_cues([example(sample) for sample in SAMPLES])
    assert "automatic-speech-recognition.0" in cues
    assert "question-answering.6" not in cues


def test_training_gives_weights_that_plan(tmp_path: Path) -> None:
    weights = fit([example(sample) for sample in SAMPLES])
    save(weights, "0" * 64, tmp_path / "weights.npz")
    kept = load(tmp_path / "weights.npz")
    draft = offline.plan("Transcribe speech.wav and summarize it.", ["speech.wav"], TOOLS, weights=kept)
    assert [task.task for task in draft.tasks] == ["automatic-speech-recognition", "summarization"]
    assert draft.tasks[1].args == {"text": "<resource-0>"}
