"""Learns the offline planner's weights: ``python -m benchmarks.train_planner --taskbench train.jsonl``.

Learned from the everyday requests in ``data/everyday/train.jsonl`` and from TaskBench's samples: which wishes a request
utters by its words and by its meaning (log-linear models over sets of wishes), what fills each slot, which language is
meant, how sure a plan is. It learns first from six sevenths, to see on the rest how sure a plan is, then from all.

``--parts`` names what is learned in this run: the ``words``, the ``meaning`` (most of the time), and how sure a plan
is (``certainty``), which needs what the other two have left in the folder ``--work``.
"""

import argparse
import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from benchmarks.adapting import Heard, adapt
from benchmarks.everyday import prediction
from benchmarks.everyday_data import FOLDER, Everyday, load, references, wish, wishes
from benchmarks.everyday_scoring import is_right
from benchmarks.fitting import Group, Targets, fit_sets, softmax, sparse
from benchmarks.taskbench_data import TYPE_NAMES, Sample, toolset
from benchmarks.taskbench_data import load as load_taskbench
from benchmarks.taskbench_scoring import reference
from graph.offline import Planner, wording
from graph.offline.features import features, summed
from graph.offline.intents import (
    OUTCOMES,
    Evidence,
    Intent,
    evidence,
    fillable,
    given_kinds,
    place,
)
from graph.offline.layout import Layout, Source
from graph.offline.links import features as link_features
from graph.offline.meaning import PATH as MEANING
from graph.offline.meaning import Learned, Meaning, Text, given
from graph.offline.meaning import save as save_meaning
from graph.offline.reading import Reading, read
from graph.offline.weights import PATH, Weights, save
from graph.offline.weights import load as load_weights
from graph.offline.wiring import candidates, slots
from graph.planning.files import Files
from tools.experts.packed import Packed
from tools.tasks import TASKS, TaskType

TRAINING = [FOLDER / name for name in ("train.jsonl", "plain.jsonl")]
TOOLS = toolset()
_SEEN, _LINK_L2, _LANGUAGE_L2 = 4, 1.0, 0.5
_UNSEEN = 7  # every seventh request is not learned from when it is learned how sure a plan is
_MOST_ACCEPTED = 3  # of several plans that are right, those that count as what people asked for


@dataclass(frozen=True)
class Example:
    """A labelled request. ``plans`` are right, the first of them above all; a plan's arguments are as in FORMAT.md."""

    id: str
    request: str
    files: list[str]
    plans: list[list[dict[str, Any]]]
    outcomes: tuple[str, ...] = ()
    taskbench: bool = False

    @cached_property
    def reading(self) -> Reading:
        """The request, taken apart."""
        return read(self.request, self.files)

    @cached_property
    def sets(self) -> list[frozenset[str]]:
        """The sets of wishes that are right."""
        outcomes = [frozenset([outcome.upper()]) for outcome in self.outcomes]
        return list(dict.fromkeys([*map(wishes, self.plans), *outcomes]))

    @property
    def given(self) -> frozenset[str]:
        """The kinds of what is given."""
        return given_kinds(self.reading, self.files)

    @property
    def types(self) -> Mapping[str, TaskType]:
        """The task types on offer."""
        return TOOLS if self.taskbench else TASKS


def from_everyday(everyday: Everyday) -> Example:
    """An everyday request as an example."""
    return Example(
        everyday.id,
        everyday.request,
        everyday.files,
        [list(map(dict, plan)) for plan in everyday.accept],
        everyday.outcomes,
    )


def from_taskbench(sample: Sample) -> Example:
    """A TaskBench sample as an example, its arguments in the slots of our table as far as they tell."""
    plan = [{"task": TYPE_NAMES[node["task"]], "args": {}} for node in sample.nodes if node["task"] in TYPE_NAMES]
    return Example(f"tb{sample.id}", sample.request, sample.files, [plan], taskbench=True)


# Sets of wishes


def known_sets(examples: Sequence[Example]) -> Counter[frozenset[str]]:
    """The sets of wishes that people had, and how often."""
    counts: Counter[frozenset[str]] = Counter()
    for example in examples:
        sets = example.sets[:_MOST_ACCEPTED] if not example.taskbench else []
        counts.update({wish_set: 1 / len(sets) for wish_set in sets})
    return counts


def matrix_of(names: Sequence[str], sets: Sequence[frozenset[str]]) -> NDArray[np.float32]:
    """Sets as rows of ones and zeros, shape (sets, names)."""
    return np.array([[name in wish_set for name in names] for wish_set in sets], np.float32)


@dataclass(frozen=True)
class Inventory:
    """The wishes that people had, by name, and the sets of them: those that people had, and all pairs."""

    names: tuple[str, ...]
    sets: tuple[frozenset[str], ...]
    prior: NDArray[np.float32]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "Inventory":
        """The inventory of these examples; a set's prior grows with how often people had it."""
        counts = known_sets(examples)
        names = tuple(sorted({name for wish_set in counts for name in wish_set} | {*OUTCOMES}))
        pairs = {frozenset(pair) for pair in combinations(names, 2) if not {*pair} & {*OUTCOMES}}
        sets = tuple(sorted({*counts, *pairs}, key=sorted))
        prior = np.log(np.array([max(counts[wish_set] - 1, 0) for wish_set in sets]) + 0.5).astype(np.float32)
        return cls(names, sets, prior)

    @cached_property
    def matrix(self) -> NDArray[np.float32]:
        """The sets as rows of ones and zeros, shape (sets, names)."""
        return matrix_of(self.names, self.sets)

    def targets(self, examples: Sequence[Example]) -> Targets:
        """What is right of these examples."""
        given = [example.given for example in examples]
        fits = {kinds: [fillable(sorted(names), kinds, TASKS) for names in self.sets] for kinds in {*given}}
        right = np.array([[wish_set in example.sets for wish_set in self.sets] for example in examples])
        possible = np.array([fits[kinds] for kinds in given]) | right
        single = matrix_of(self.names, [next(iter(example.sets), frozenset()) for example in examples])
        anywhere = matrix_of(self.names, [frozenset().union(*example.sets) for example in examples])
        return Targets(
            right, possible, single, single == anywhere, np.array([example.taskbench for example in examples])
        )


def fit_wishes(examples: Sequence[Example], inventory: Inventory) -> Weights:
    """The model of which wishes a request utters by its words; all other weights are empty."""
    rows = [summed(features(example.reading, example.files)) for example in examples]
    seen = Counter(name for row in rows for name in row)
    index = {name: number for number, name in enumerate(sorted(name for name, count in seen.items() if count >= _SEEN))}
    words, bias = fit_sets(
        _with_bias(sparse(rows, index)),
        inventory.targets(examples),
        inventory.matrix,
        inventory.prior,
        decay=1e-4,
        epochs=24,
    )
    return Weights(inventory.names, index, words, bias, inventory.matrix, inventory.prior, {}, {}, {})


def fit_meaning(examples: Sequence[Example], before: Learned | None = None) -> Learned:
    """The encoder, adapted to the wishes."""
    packed, inventory = Packed(), Inventory.of(examples)
    heard = [heard_of(example, packed) for example in examples]
    return adapt(heard, inventory.targets(examples), inventory.names, inventory.matrix, inventory.prior, before)


def heard_of(example: Example, packed: Packed) -> Heard:
    """An example as the encoder reads it."""
    pieces = Text.of(example.reading, example.files).pieces(packed)
    return Heard([packed.begin, *(piece.number for piece in pieces), packed.end], given(example.reading, example.files))


def _with_bias(matrix: csr_matrix) -> csr_matrix:
    rows = matrix.shape[0]
    column = csr_matrix(np.ones((rows, 1), np.float32))
    return hstack([matrix, column]).tocsr()


# Links and languages


def laid_out(example: Example, weights: Weights) -> tuple[Layout, list[dict[str, Any]]]:
    """The tasks of the right plan as they stand in the request, each wish once, and the tasks themselves."""
    said = evidence(example.reading, example.files, weights, None)
    tasks = list({wish(task): task for task in reversed(example.plans[0])}.values())[::-1]
    intents = [_intent(task, example, said) for task in tasks]
    return Layout(example.reading, intents, example.files), tasks


def _intent(task: dict[str, Any], example: Example, said: Evidence) -> Intent:
    name = wish(task)
    at = place(name, example.reading, said) if name in said.names else (-1, -1)
    return Intent(example.types[task["task"]], *at)


def link_groups(example: Example, weights: Weights) -> list[Group]:
    """For each slot its candidate sources, and those that the right plan takes."""
    layout, tasks = laid_out(example, weights)
    names = [task["task"] for task in example.plans[0]]
    groups: list[Group] = []
    for number, task in enumerate(tasks):
        for slot in slots(layout, number):
            if slot.name not in task["args"] or slot.many:
                continue
            sources = candidates(layout, number, slot)
            taken = np.array([_taken(source, task["args"][slot.name], layout, names) for source in sources], float)
            if len(sources) > 1 and 0 < taken.sum() < len(sources):
                described = [link_features(layout, number, slot.name, slot.modality, source) for source in sources]
                groups.append(([dict.fromkeys(traits, 1.0) for traits in described], taken / taken.sum()))
    return groups


def _taken(source: Source, value: object, layout: Layout, names: Sequence[str]) -> bool:
    if made := references(value):
        return source.task >= 0 and layout.intents[source.task].type.name == names[made[0]]
    if source.task >= 0:
        return False
    return source.value == value if source.kind == "file" else value == "*"


def taskbench_groups(example: Example, sample: Sample, weights: Weights) -> list[Group]:
    """The same for a TaskBench sample, whose arguments name no slots: any right source of the task will do."""
    layout, tasks = laid_out(example, weights)
    groups: list[Group] = []
    for number, task in enumerate(tasks):
        for slot in slots(layout, number):
            sources = candidates(layout, number, slot)
            taken = np.array([_gives(source, task["task"], layout, sample) for source in sources], float)
            if len(sources) > 1 and 0 < taken.sum() < len(sources):
                described = [link_features(layout, number, slot.name, slot.modality, source) for source in sources]
                groups.append(([dict.fromkeys(traits, 1.0) for traits in described], taken / taken.sum()))
    return groups


def _gives(source: Source, name: str, layout: Layout, sample: Sample) -> bool:
    """Whether the label gives this source to the task of that type."""
    for node in sample.nodes:
        for argument in node["arguments"] if TYPE_NAMES.get(node["task"]) == name else ():
            made = reference(str(argument), sample.nodes)
            if source.task >= 0 and made is not None:
                if TYPE_NAMES.get(sample.nodes[made]["task"]) == layout.intents[source.task].type.name:
                    return True
            elif source.task < 0 and made is None and _normalized(source.value) == _normalized(str(argument)):
                return True
    return False


def _normalized(text: str) -> str:
    return text.strip(" '\".").lower()[:150]


def language_groups(example: Example) -> list[Group]:
    """The languages named in a request, and which of them it is translated into."""
    wanted = {task["args"].get("language") for plan in example.plans for task in plan if task["task"] == "translation"}
    named = wording.named_languages(example.reading)
    taken = np.array([language.name in wanted for language in named], float)
    if len(named) < 2 or not 0 < taken.sum() < len(named):
        return []
    return [([dict.fromkeys(language.features, 1.0) for language in named], taken / taken.sum())]


# How sure


def fit_certainty(requests: Sequence[Everyday], weights: Weights, understood: Meaning | None) -> dict[str, float]:
    """Logistic regression of whether the likeliest plan is right, on requests that were not learned from."""
    planner, rows, right = Planner(TASKS, weights, understood), list[Mapping[str, float]](), list[bool]()
    for everyday in requests:
        reading = read(everyday.request, everyday.files)
        ranked = planner.understanding.of(reading, everyday.files)
        if ranked[0].wishes[0] not in OUTCOMES:
            draft, clues = planner.planned(reading, everyday.files, Files(everyday.files), ranked)
            rows += [clues] if draft.tasks else []
            right += [is_right(everyday, prediction(everyday, draft))] if draft.tasks else []
    index = {name: number for number, name in enumerate(rows[0])}
    model = LogisticRegression(fit_intercept=False, C=1, max_iter=500).fit(sparse(rows, index), right)
    return dict(zip(index, model.coef_[0].tolist(), strict=True))


# All of it


def fit(examples: Sequence[Example], samples: Sequence[Sample]) -> Weights:
    """All weights but those of the meaning and how sure a plan is."""
    taught = [*examples, *map(from_taskbench, samples)]
    weights = fit_wishes(taught, Inventory.of(taught))
    planned = [example for example in examples if example.plans]
    groups = [group for example in planned for group in link_groups(example, weights)]
    bench = [example for sample in samples if (example := from_taskbench(sample)).plans[0]]
    groups += [
        g for example, sample in zip(bench, samples, strict=True) for g in taskbench_groups(example, sample, weights)
    ]
    links = softmax(groups, _LINK_L2)
    languages = softmax([group for example in planned for group in language_groups(example)], _LANGUAGE_L2)
    return replace(weights, links=links, languages=languages)


@dataclass(frozen=True)
class Corpus:
    """What is learned from: everyday requests, every seventh of them unseen at first, and TaskBench's samples."""

    requests: Sequence[Everyday]
    samples: Sequence[Sample]
    sha256: str

    @classmethod
    def load(cls, data: Sequence[Path], taskbench: Path) -> "Corpus":
        """Read the files."""
        requests = [everyday for path in data for everyday in load(path)]
        samples = [sample for sample in load_taskbench(taskbench) if from_taskbench(sample).plans[0]]
        read_bytes = b"".join(path.read_bytes() for path in [*data, taskbench])
        return cls(requests, samples, hashlib.sha256(read_bytes).hexdigest())

    @property
    def seen(self) -> list[Example]:
        """Six sevenths of the everyday requests."""
        return [example for number, example in enumerate(self.examples) if number % _UNSEEN]

    @cached_property
    def examples(self) -> list[Example]:
        """The everyday requests."""
        return list(map(from_everyday, self.requests))

    @property
    def unseen(self) -> list[Everyday]:
        """The rest of them."""
        return list(self.requests[::_UNSEEN])


def learn_words(corpus: Corpus, work: Path, out: Path) -> None:
    """Learn all weights but the meaning's, from what is seen and from all; how sure a plan is stays as it was."""
    save(fit(corpus.seen, corpus.samples), corpus.sha256, work / PATH.name)
    certainty = load_weights(out / PATH.name).certainty if (out / PATH.name).exists() else {}
    save(replace(fit(corpus.examples, corpus.samples), certainty=certainty), corpus.sha256, out / PATH.name)


def learn_meaning(corpus: Corpus, work: Path, out: Path) -> None:
    """Adapt the encoder, to what is seen and then to all."""
    bench = list(map(from_taskbench, corpus.samples))
    meant = fit_meaning([*corpus.seen, *bench])
    save_meaning(meant, work / MEANING.name)
    save_meaning(fit_meaning([*corpus.examples, *bench], meant), out / MEANING.name)


def learn_certainty(corpus: Corpus, work: Path, out: Path) -> None:
    """Learn how sure a plan is, by the models that were learned from what is seen."""
    part, meant = load_weights(work / PATH.name), Meaning.load(work / MEANING.name)
    sure = fit_certainty(corpus.unseen, part, meant) | fit_certainty(corpus.unseen, part, None)
    save(replace(load_weights(out / PATH.name), certainty=sure), corpus.sha256, out / PATH.name)


PARTS = {"words": learn_words, "meaning": learn_meaning, "certainty": learn_certainty}


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--taskbench", type=Path, required=True, help="training samples of TaskBench")
    parser.add_argument("--data", type=Path, nargs="+", default=TRAINING, help="everyday requests")
    parser.add_argument("--out", type=Path, default=PATH.parent, help="the folder of the weights")
    parser.add_argument("--work", type=Path, required=True, help="the folder of what six sevenths have taught")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what is learned, in this order")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    corpus = Corpus.load(options.data, options.taskbench)
    for part in options.parts:
        started = time.monotonic()
        PARTS[part](corpus, options.work, options.out)
        print(f"{part} learned in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
