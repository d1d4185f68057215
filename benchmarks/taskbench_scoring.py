"""TaskBench's scores, and the measures of HuggingGPT's own paper, on predictions in TaskBench's form."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rapidfuzz.distance import Levenshtein

from benchmarks.taskbench_data import OUTPUTS, Sample

Nodes = Sequence[Mapping[str, Any]]
KINDS = {"single": "single", "chain": "sequential", "dag": "graph"}  # TaskBench's names, the paper's names

_REFERENCE = re.compile(r"<node-(\d+)>")
_EXTENSIONS = {
    "image": ("jpg", "png", "jpeg", "gif", "bmp", "tiff", "svg", "ico"),
    "audio": ("mp3", "wav", "wma", "ogg", "aac", "flac", "aiff", "au"),
    "video": ("mp4", "avi", "mov", "flv", "wmv", "mkv", "webm", "m4v", "mpg", "mpeg"),
}


def scores(samples: Sequence[Sample], predictions: Mapping[str, Nodes]) -> dict[str, Any]:
    """All scores in per cent, overall and for each kind of sample; a sample without a prediction counts as empty."""
    pairs = [(sample, predictions.get(sample.id, ())) for sample in samples]
    table: dict[str, Any] = {"overall": _f1s(pairs)}
    for kind in KINDS:
        table[kind] = _f1s([(sample, nodes) for sample, nodes in pairs if sample.kind == kind])
    table["paper"] = {
        name: _paper([(sample.nodes, nodes) for sample, nodes in pairs if sample.kind == kind])
        for kind, name in KINDS.items()
    }
    return table


def names(nodes: Nodes) -> set[str]:
    """The set of tools used."""
    return {_name(node) for node in nodes}


def edges(nodes: Nodes) -> set[tuple[str, str]]:
    """The pairs (source tool, target tool) that references in arguments make; a node's own are left out."""
    return {
        (_name(nodes[source]), _name(node))
        for number, node in enumerate(nodes)
        for argument in _arguments(node)
        if (source := reference(argument, nodes)) not in (None, number)
    }


def types(nodes: Nodes) -> set[tuple[str, str]]:
    """The pairs (tool, type of an argument)."""
    return {(tool, type_) for tool, type_, _ in values(nodes)}


def values(nodes: Nodes) -> set[tuple[str, str, str]]:
    """The triples (tool, type, value); a reference's value is its source tool's name."""
    triples = set()
    for number, node in enumerate(nodes):
        for argument in _arguments(node):
            source = reference(argument, nodes)
            if source is None:
                triples.add((_name(node), _content_type(argument), argument))
            elif source != number:
                tool = _name(nodes[source])
                triples.add((_name(node), OUTPUTS.get(tool, "other"), tool))
    return triples


_VIEWS: dict[str, Callable[[Nodes], set[Any]]] = {"n_f1": names, "e_f1": edges, "t_f1": types, "v_f1": values}


def _f1s(pairs: Sequence[tuple[Sample, Nodes]]) -> dict[str, float]:
    return {
        key: _precision_recall_f1([(view(sample.nodes), view(nodes)) for sample, nodes in pairs])["f1"]
        for key, view in _VIEWS.items()
    } | {"samples": len(pairs)}


def _precision_recall_f1(pairs: Iterable[tuple[set[Any], set[Any]]]) -> dict[str, float]:
    """Micro-averaged over samples, in per cent; 0 where there is nothing to count."""
    hit = labelled = predicted = 0
    for label, guess in pairs:
        hit, labelled, predicted = hit + len(label & guess), labelled + len(label), predicted + len(guess)
    return {
        "precision": round(100 * hit / max(predicted, 1), 2),
        "recall": round(100 * hit / max(labelled, 1), 2),
        "f1": round(200 * hit / max(labelled + predicted, 1), 2),
    }


def _paper(pairs: Sequence[tuple[Nodes, Nodes]]) -> dict[str, float]:
    """The paper's table: exact plans (tools in order and edges), tools found, distance of the tool sequences."""
    exact = [names(label) == names(guess) and edges(label) == edges(guess) for label, guess in pairs]
    distances = [Levenshtein.normalized_distance(_sequence(label), _sequence(guess)) for label, guess in pairs]
    count = max(len(pairs), 1)
    return {
        "accuracy": round(100 * sum(exact) / count, 2),
        **_precision_recall_f1([(names(label), names(guess)) for label, guess in pairs]),
        "edit_distance": round(sum(distances) / count, 4),
    }


def _sequence(nodes: Nodes) -> list[str]:
    """Tools in an order of execution: dependencies first, ties and cycles in the order written."""
    done: list[int] = []
    waiting = list(range(len(nodes)))
    while waiting:
        ready = (n for n in waiting if not ({reference(a, nodes) for a in _arguments(nodes[n])} & {*waiting} - {n}))
        done.append(next(ready, waiting[0]))
        waiting.remove(done[-1])
    return [_name(nodes[number]) for number in done]


def _name(node: Mapping[str, Any]) -> str:
    return str(node["task"]).replace("_", " ")


def _arguments(node: Mapping[str, Any]) -> list[str]:
    """Arguments as text; the set's noise (objects, lists) read as its own evaluation does."""
    return [_text(argument) for argument in node.get("arguments") or []]


def _text(argument: object) -> str:
    if isinstance(argument, dict):
        argument = next(iter(argument.values()), "")
    return " ".join(map(str, argument)) if isinstance(argument, list) else str(argument)


def reference(argument: str, nodes: Nodes) -> int | None:
    """The number of the node referred to, None for a literal or a number that is no node's."""
    match = _REFERENCE.search(argument)
    return int(match[1]) if match and int(match[1]) < len(nodes) else None


def _content_type(text: str) -> str:
    """By the first known file extension anywhere in it, else text: the set's own rule."""
    for type_, extensions in _EXTENSIONS.items():
        if any("." + extension in text for extension in extensions):
            return type_
    return "text"
