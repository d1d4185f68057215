"""The planner's learned weights: linear models over named features, in one small file.

``benchmarks/train_planner.py`` writes the file, with the checksum of its data in it.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).with_name("weights.npz")


@dataclass(frozen=True)
class Features:
    """A request as the intent model sees it: cues with their values, and the terms (words, pairs) that stand in it."""

    cues: Mapping[str, float]
    terms: frozenset[str]


@dataclass(frozen=True)
class Weights:
    """Three linear models; a feature without a weight counts nothing.

    ``rarity`` is the inverse document frequency of the terms. ``types`` and ``intents`` (features x types, log-odds)
    say which task types a request asks for, ``links`` what fills a slot, and ``shapes`` which of several whole plans
    is likeliest. ``decisive`` are the cues that hardly ever stand where their type is not wanted.
    """

    rarity: Mapping[str, float]
    types: tuple[str, ...]
    features: Mapping[str, int]
    intents: NDArray[np.float32]
    links: Mapping[str, float]
    shapes: Mapping[str, float]
    decisive: frozenset[str] = frozenset()

    def vector(self, features: Features) -> dict[str, float]:
        """The cues, and the terms weighed by how rare they are (tf-idf, of length 1)."""
        terms = {term: self.rarity[term] for term in features.terms if term in self.rarity}
        length = math.sqrt(sum(value * value for value in terms.values())) or 1.0
        return {**features.cues, **{term: value / length for term, value in terms.items()}}

    def log_odds(self, features: Features) -> dict[str, float]:
        """For each learned task type, the log-odds that the request asks for it."""
        known = [
            (row, value)
            for name, value in self.vector(features).items()
            if (row := self.features.get(name)) is not None
        ]
        rows, values = [row for row, _ in known], np.array([value for _, value in known], np.float32)
        return dict(zip(self.types, (values @ self.intents[rows]).tolist(), strict=True))

    def cue(self, type_: str, number: int) -> float:
        """What a cue of a task type says for that type; of a type that was not learned, nothing."""
        row = self.features.get(f"{type_}.{number}")
        return float(self.intents[row, self.types.index(type_)]) if row is not None and type_ in self.types else 0.0

    def link(self, features: Iterable[str]) -> float:
        """How well a source suits a slot, on a log scale."""
        weights = self.links
        return sum(weights.get(name, 0.0) for name in features)

    def shape(self, features: Mapping[str, float]) -> float:
        """How likely a whole plan is, on a log scale."""
        return sum(self.shapes.get(name, 0.0) * value for name, value in features.items())


@cache
def load(path: Path = PATH) -> Weights:
    """Read the weights once."""
    with np.load(path, allow_pickle=False) as file:
        return Weights(
            rarity=dict(zip(file["terms"].tolist(), file["rarity"].tolist(), strict=True)),
            types=tuple(file["types"].tolist()),
            features={name: row for row, name in enumerate(file["features"].tolist())},
            intents=file["intents"].astype(np.float32),
            links=dict(zip(file["link_features"].tolist(), file["links"].tolist(), strict=True)),
            shapes=dict(zip(file["shape_features"].tolist(), file["shapes"].tolist(), strict=True)),
            decisive=frozenset(file["decisive"].tolist()),
        )


def save(weights: Weights, sha256: str, path: Path = PATH) -> None:
    """Write the weights, half precision, beside the checksum of the data they were learned from."""
    np.savez_compressed(
        path,
        allow_pickle=False,
        sha256=np.array(sha256),
        terms=np.array(list(weights.rarity)),
        rarity=np.array(list(weights.rarity.values()), np.float16),
        types=np.array(weights.types),
        features=np.array(list(weights.features)),
        intents=weights.intents.astype(np.float16),
        link_features=np.array(list(weights.links)),
        links=np.array(list(weights.links.values()), np.float16),
        decisive=np.array(sorted(weights.decisive)),
        shape_features=np.array(list(weights.shapes)),
        shapes=np.array(list(weights.shapes.values()), np.float16),
    )
