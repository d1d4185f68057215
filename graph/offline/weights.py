"""The planner's learned weights: linear models over named features, in one small file.

``benchmarks/train_planner.py`` writes the file, with the checksum of its data in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graph.offline.features import Feature

PATH = Path(__file__).with_name("weights.npz")
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """Linear models; a feature without a weight counts nothing.

    ``types`` are the wishes that can be told apart: task types, ``text-classification/ASPECT``, and the outcomes
    ``CHAT``, ``ASK`` and ``REFUSE``. ``words`` (features x types) give each its log-odds; ``sets`` (sets x types, 0
    or 1) are the sets of wishes that people had, with their ``prior`` log-odds.
    ``links`` say what fills a slot, ``languages`` which language is translated into, ``certainty`` how sure a plan is.
    """

    types: tuple[str, ...]
    rows: Mapping[str, int]
    words: Array
    bias: Array
    sets: Array
    prior: Array
    links: Mapping[str, float]
    languages: Mapping[str, float]
    certainty: Mapping[str, float]

    @cached_property
    def known(self) -> tuple[tuple[str, ...], ...]:
        """The sets of wishes that people had, by the names of the wishes."""
        return tuple(tuple(self.types[number] for number in np.flatnonzero(row)) for row in self.sets)

    def by_word(self, present: Sequence[Feature], count: int) -> Array:
        """The log-odds that each of ``count`` words adds, shape (count + 1, types); the last row is of no one word."""
        known = [(row, feature) for feature in present if (row := self.rows.get(feature.name)) is not None]
        added = np.zeros((count + 1, len(self.types)), np.float32)
        if known:
            known.sort(key=lambda pair: pair[1].word % (count + 1))  # -1, of no one word, comes last
            values = np.array([[feature.value] for _, feature in known], np.float32)
            places, starts = np.unique([feature.word % (count + 1) for _, feature in known], return_index=True)
            added[places] = np.add.reduceat(self.words[[row for row, _ in known]] * values, starts)
        added[count] += self.bias
        return added

    def link(self, features: Iterable[str]) -> float:
        """How well a source suits a slot, on a log scale."""
        return sum(self.links.get(name, 0.0) for name in features)

    def language(self, features: Iterable[str]) -> float:
        """How likely a language that is named is the one to translate into, on a log scale."""
        return sum(self.languages.get(name, 0.0) for name in features)

    def certain(self, features: Mapping[str, float]) -> float:
        """The probability that a plan is right; 1 where nothing was learned of it."""
        if not self.certainty:
            return 1.0
        total = sum(self.certainty.get(name, 0.0) * value for name, value in features.items())
        return float(1 / (1 + np.exp(-total)))


_NAMED = ("links", "languages", "certainty")


@cache
def load(path: Path = PATH) -> Weights:
    """Read the weights once."""
    with np.load(path, allow_pickle=False) as file:
        named = {name: dict(zip(file[f"{name}_of"].tolist(), file[name].tolist(), strict=True)) for name in _NAMED}
        return Weights(
            types=tuple(file["types"].tolist()),
            rows={name: row for row, name in enumerate(file["features"].tolist())},
            words=file["words"].astype(np.float32) * file["scale"],
            bias=file["bias"],
            sets=np.unpackbits(file["sets"], axis=1)[:, : len(file["types"])].astype(np.float32),
            prior=file["prior"],
            **named,
        )


def save(weights: Weights, sha256: str, path: Path = PATH) -> None:
    """Write the weights, those of the words in eight bits, beside the checksum of the data they were learned from."""
    scale = np.abs(weights.words).max(axis=0) / 127 + 1e-9
    np.savez_compressed(
        path,
        allow_pickle=False,
        sha256=np.array(sha256),
        types=np.array(weights.types),
        features=np.array(list(weights.rows)),
        words=np.round(weights.words / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=weights.bias,
        sets=np.packbits(weights.sets.astype(bool), axis=1),
        prior=weights.prior,
        **{f"{name}_of": np.array(list(getattr(weights, name))) for name in _NAMED},
        **{name: np.array(list(getattr(weights, name).values()), np.float32) for name in _NAMED},
    )
