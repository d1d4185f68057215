from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.everyday_data import Everyday
from benchmarks.fitting import Targets, fit_sets, softmax
from benchmarks.taskbench_data import Sample
from benchmarks.train_planner import Example, fit, fit_certainty, fit_meaning, from_taskbench, language_groups
from graph import offline
from graph.offline import Planner
from graph.offline.intents import evidence
from graph.offline.meaning import Meaning
from graph.offline.meaning import save as save_meaning
from graph.offline.reading import read
from graph.offline.weights import load, save
from graph.planning.files import Files
from tools.tasks import TASKS

VERBS = {"summarize": "summarization", "translate": "translation", "read aloud": "text-to-speech"}
EXAMPLES = [
    Example(f"{number}", f"please {verb} page{number}.txt", [f"page{number}.txt"],
            [[{"task": task, "args": {"text": f"page{number}.txt"}}]])
    for number, (verb, task) in enumerate(list(VERBS.items()) * 8)
]  # fmt: skip
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


def test_sets_are_learned_by_the_names_in_them() -> None:
    features = csr_matrix(np.array([[1, 0, 1], [0, 1, 1]] * 20, np.float32))  # the last one is always there
    targets = Targets(
        np.array([[True, False], [False, True]] * 20),
        np.ones((40, 2), bool),
        np.zeros((40, 2), np.float32),
        np.zeros((40, 2), bool),
        np.zeros(40, bool),
    )
    weights, _ = fit_sets(features, targets, np.eye(2, dtype=np.float32), np.zeros(2, np.float32), 0.0, epochs=60)
    assert weights[0, 0] > weights[0, 1]
    assert weights[1, 1] > weights[1, 0]


def test_the_language_that_is_translated_into_is_learned_among_those_named() -> None:
    one = Example(
        "1", "It is in Greek, I need English", [], [[{"task": "translation", "args": {"language": "English"}}]]
    )
    ((described, target),) = language_groups(one)
    assert len(described) == 2
    assert target.tolist() == [0.0, 1.0]


def test_a_taskbench_sample_is_an_example_of_its_set_of_tasks() -> None:
    assert from_taskbench(SAMPLES[0]).sets == [frozenset({"automatic-speech-recognition", "summarization"})]


def test_training_gives_weights_that_plan(tmp_path: Path) -> None:
    save(fit(EXAMPLES, SAMPLES), "0" * 64, tmp_path / "weights.npz")
    kept = load(tmp_path / "weights.npz")
    for verb, task in VERBS.items():
        draft = offline.plan(f"please {verb} novel.txt", ["novel.txt"], TASKS, weights=kept)
        assert [(each.task, each.args) for each in draft.tasks] == [(task, {"text": "novel.txt"})]


def test_the_encoder_learns_wishes_by_their_meaning_and_learns_on(tmp_path: Path) -> None:
    made = fit_meaning([*EXAMPLES, *map(from_taskbench, SAMPLES)])
    save_meaning(made, tmp_path / "meaning.npz")
    weights, understood = fit(EXAMPLES, SAMPLES), Meaning.load(tmp_path / "meaning.npz")
    assert understood.heads.types == weights.types
    unseen = Example("", "make my novel shorter", ["novel.txt"], [])
    before = evidence(unseen.reading, unseen.files, weights, understood)
    after = evidence(unseen.reading, unseen.files, weights, Meaning(*fit_meaning(EXAMPLES, made)))
    margin = [said.of("summarization") - said.of("translation") for said in (before, after)]
    assert margin[0] > 0
    assert margin[1] > margin[0]


def test_how_sure_a_plan_is_is_learned_from_requests_that_are_planned_right_and_wrong() -> None:
    weights = replace(fit(EXAMPLES, SAMPLES), certainty={})
    short = [Everyday(one.id, "one", one.request, tuple(one.files), (), tuple(one.plans), {}) for one in EXAMPLES]
    chat = " and tell everybody at home that I said hello to each of them"
    long = [replace(one, request=one.request + chat, accept=([{"task": "fill-mask", "args": {}}],)) for one in short]
    told = replace(weights, certainty=fit_certainty([*short, *long], weights, None))

    def sure(request: str) -> float:
        reading, files = read(request, ["page1.txt"]), ["page1.txt"]
        planner = Planner(TASKS, told, None)
        return told.certain(planner.planned(reading, files, Files(files), planner.understanding.of(reading, files))[1])

    assert sure("please summarize page1.txt") > 0.5
    assert sure(f"please summarize page1.txt{chat}") < 0.5
