"""Learns the offline planner's weights: ``python -m benchmarks.train_planner --data train.jsonl`` (TaskBench).

Needs scikit-learn, which nothing else does. Three models, each a logistic regression: which task types a request
asks for; what fills a slot, among its sources; and which of the likeliest whole plans is right.
"""

import argparse
import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from benchmarks.fitting import Group, softmax, sparse
from benchmarks.taskbench_data import TOOL_NAMES, TYPE_NAMES, Sample, load, prediction, toolset
from benchmarks.taskbench_scoring import edges, names, reference, scores, values
from graph import offline
from graph.offline import intents, links, wiring
from graph.offline.case import Case
from graph.offline.layout import Layout, Source
from graph.offline.proposals import propose
from graph.offline.reading import Reading, read
from graph.offline.selection import THRESHOLD, select
from graph.offline.weights import PATH, Features, Weights, save

TOOLS = toolset()
INTENT_C, TABLE_WEIGHT, LINK_L2, SHAPE_L2, FOLDS = 10.0, 0.5, 3.0, 5.0, 5


@dataclass(frozen=True)
class Example:
    """A sample with what the planner reads in it."""

    sample: Sample
    reading: Reading
    hits: intents.Hits
    features: Features

    @property
    def types(self) -> list[str]:
        """The task types of the labelled plan, node by node."""
        return [TYPE_NAMES[node["task"]] for node in self.sample.nodes]


def example(sample: Sample) -> Example:
    """Read a sample as the planner does."""
    reading = read(sample.request, sample.files)
    hits = intents.hits(reading, TOOLS)
    return Example(sample, reading, hits, intents.features(reading, hits))


@cache
def table_examples() -> list[Example]:
    """The task table's own words as short requests, alone and two at a time: what the set's long ones do not teach."""
    phrases = [(name, word) for name, type_ in TOOLS.items() for word in type_.words]
    shuffled = np.random.default_rng(0).permutation(len(phrases))
    pairs = [(phrases[i], phrases[j]) for i, j in zip(range(len(phrases)), shuffled, strict=True)]
    asked: list[tuple[tuple[str, ...], str]] = [((name,), f"{word} {given(name)}") for name, word in phrases]
    asked += [((name,), f"please {word}: {given(name)}") for name, word in phrases]
    asked += [((one, two), f"{first} and {second}, {given(one)}") for (one, first), (two, second) in pairs]
    return [
        example(Sample(text, "table", text, [{"task": TOOL_NAMES[name]} for name in names])) for names, text in asked
    ]


def given(name: str) -> str:
    """Something to work on."""
    files = {"image": "a.png", "audio": "a.wav"}
    return files.get(TOOLS[name].slots[0].modality, "'some text'")


def fit(examples: Sequence[Example]) -> Weights:
    """All three models. Links also learn from the types that an intent model expects of samples it never saw.

    Shapes learn from whole plans that were proposed by models that never saw the sample.
    """
    folds = list(KFold(4, shuffle=True, random_state=1).split(examples))
    partial = [fit_intents([examples[i] for i in seen]) for seen, _ in folds]
    groups: list[list[Group]] = [[] for _ in examples]
    for weights, (_, unseen) in zip(partial, folds, strict=True):
        for i in unseen:
            likely = intents.probabilities(examples[i].reading, examples[i].hits, weights)
            expected = [name for name, p in likely.items() if p > THRESHOLD]
            groups[i] = link_groups(examples[i], examples[i].types, weights) + link_groups(
                examples[i], expected, weights
            )
    shapes: list[Group] = []
    for weights, (seen, unseen) in zip(partial, folds, strict=True):
        cues = decisive_cues([examples[i] for i in seen])
        linked = replace(weights, links=softmax([group for i in seen for group in groups[i]], LINK_L2), decisive=cues)
        shapes += [group for i in unseen for group in shape_groups(examples[i], linked)]
    whole = replace(fit_intents(examples), decisive=decisive_cues(examples))
    whole = replace(whole, links=softmax([group for some in groups for group in some], LINK_L2))
    return replace(whole, shapes=softmax(shapes, SHAPE_L2, start={"lead": 1.0, "odds": 1.0}))


def fit_intents(examples: Sequence[Example]) -> Weights:
    """One regularised logistic regression for each task type, over features of three samples or more."""
    table = table_examples()
    weighing = np.array([1.0] * len(examples) + [TABLE_WEIGHT] * len(table))
    examples = [*examples, *table]
    counts = Counter(term for one in examples for term in one.features.terms)
    rarity = {term: 1 + math.log(len(examples) / count) for term, count in sorted(counts.items()) if count >= 3}
    cues = Counter(cue for one in examples for cue in one.features.cues)
    index = {
        name: row for row, name in enumerate([*(cue for cue, count in sorted(cues.items()) if count >= 3), *rarity])
    }
    weights = Weights(rarity, tuple(TOOLS), index, np.zeros((len(index), len(TOOLS)), np.float32), {}, {})
    matrix = sparse([weights.vector(one.features) for one in examples], index)
    for column, name in enumerate(TOOLS):
        labels = [name in one.types for one in examples]
        model = LogisticRegression(C=INTENT_C, solver="liblinear", random_state=0).fit(matrix, labels, weighing)
        weights.intents[:, column] = model.coef_[0]
        weights.intents[index["bias"], column] += model.intercept_[0]
    return weights


def decisive_cues(examples: Sequence[Example]) -> frozenset[str]:
    """The cues that stand in five samples or requests of the table, or more, nine in ten of which want their type."""
    seen, wanted = Counter[str](), Counter[str]()
    for one in [*examples, *table_examples()]:
        for name, matches in one.hits.items():
            cues = [f"{name}.{number}" for number, match in enumerate(matches) if match]
            seen.update(cues)
            wanted.update(cues if name in one.types else [])
    return frozenset(cue for cue, count in seen.items() if count >= 5 and wanted[cue] >= 0.9 * count)


def layout(one: Example, types: Iterable[str], weights: Weights) -> Layout:
    """The task types as the planner would find them in the text."""
    found = [intents.locate(name, TOOLS[name], one.hits, weights) for name in types]
    return Layout(one.reading, found, offline.file_sources(one.reading, one.sample.files))


def link_groups(one: Example, types: Sequence[str], weights: Weights) -> list[Group]:
    """For each slot of these task types its sources, and which of them the label takes."""
    board, groups = layout(one, types, weights), []
    for task, name in enumerate(types):
        for modality in wiring.slots(board, task):
            sources = board.sources(task, modality)
            taken = np.array([fills(source, name, types, one) for source in sources])
            if len(sources) > 1 and taken.any():
                features = [dict.fromkeys(links.features(board, task, modality, source), 1.0) for source in sources]
                groups.append((features, taken / taken.sum()))
    return groups


def fills(source: Source, name: str, types: Sequence[str], one: Example) -> bool:
    """Whether the label gives this source to the task of that type."""
    for number, node in enumerate(one.sample.nodes):
        for argument in node["arguments"] if one.types[number] == name else ():
            task = reference(str(argument), one.sample.nodes)
            if source.task >= 0 and task is not None and types[source.task] == one.types[task]:
                return True
            if source.task < 0 and task is None and plain(source.value) == plain(str(argument)):
                return True
    return False


def plain(text: str) -> str:
    """What counts when a label's text is compared: no quotation marks at its ends, and what the set has not cut."""
    return text.strip(" '\".").lower()[:150]


def shape_groups(one: Example, weights: Weights) -> list[Group]:
    """The likeliest whole plans by weights that never saw the sample, and which of them come closest to the label."""
    files = offline.file_sources(one.reading, one.sample.files)
    selections = select(Case(one.reading, files, TOOLS, TOOLS, weights), one.hits)
    found = propose(selections, one.reading, files, weights)
    if len(found) < 2:
        return []
    closeness = np.array([near(one, offline.tasks(each.layout, each.wiring)) for each in found])
    best = (closeness > closeness.max() - 1e-9).astype(float)
    return [([each.features for each in found], best / best.sum())]


def near(one: Example, tasks: Sequence[Any]) -> float:
    """F1 of tools plus F1 of edges plus F1 of argument values."""
    nodes, label = prediction(one.sample, tasks)["result"]["task_nodes"], one.sample.nodes
    pairs = [(view(nodes), view(label)) for view in (names, edges, values)]
    return sum(2 * len(got & want) / max(len(got) + len(want), 1) for got, want in pairs)


def evaluate(samples: Sequence[Sample], weights: Weights) -> dict[str, list[Any]]:
    """The planner's predictions with these weights."""
    plans = {sample.id: offline.plan(sample.request, sample.files, TOOLS, weights=weights).tasks for sample in samples}
    return {sample.id: prediction(sample, plans[sample.id])["result"]["task_nodes"] for sample in samples}


def cross_validate(examples: Sequence[Example]) -> dict[str, Any]:
    """Scores of every sample by weights that never saw it."""
    found: dict[str, list[Any]] = {}
    for fold, (seen, unseen) in enumerate(KFold(FOLDS, shuffle=True, random_state=0).split(examples), 1):
        weights = fit([examples[i] for i in seen])
        found |= evaluate([examples[i].sample for i in unseen], weights)
        print(f"fold {fold} of {FOLDS}", flush=True)
    return scores([one.sample for one in examples], found)


def main() -> None:
    """Train, report cross-validation, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="training samples, one JSON object a line")
    parser.add_argument("--dry-run", action="store_true", help="only cross-validate")
    options = parser.parse_args()
    examples = [example(sample) for sample in load(options.data)]
    table = cross_validate(examples)
    for kind in ("overall", "single", "chain", "dag"):
        print(f"{kind:8}", table[kind])
    if not options.dry_run:
        save(fit(examples), hashlib.sha256(options.data.read_bytes()).hexdigest())
        print(f"wrote {PATH.name}: {PATH.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
