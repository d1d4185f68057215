"""Fits the planner's linear models: which of several candidates is right, and which sets of wishes are uttered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

Group = tuple[list[Any], NDArray[np.float64]]  # features of the candidates, and the target distribution over them


@dataclass(frozen=True)
class Targets:
    """What is right: ``right`` and ``possible`` (examples x sets); ``single`` and ``clear`` (examples x names), the
    wishes by themselves, and which of them are in all plans that are right or in none. Of the examples that ``alone``
    names only the wishes by themselves count."""

    right: NDArray[np.bool_]
    possible: NDArray[np.bool_]
    single: NDArray[np.float32]
    clear: NDArray[np.bool_]
    alone: NDArray[np.bool_]


def softmax(groups: Sequence[Group], l2: float, start: Mapping[str, float] | None = None) -> dict[str, float]:
    """Weights of a conditional logistic regression: in each group the target distribution over its candidates."""
    if not groups:
        return {}
    counts = Counter(name for features, _ in groups for name in {name for candidate in features for name in candidate})
    index = {name: row for row, name in enumerate(name for name, count in sorted(counts.items()) if count >= 2)}
    matrix = sparse([candidate for features, _ in groups for candidate in features], index)
    sizes = [len(features) for features, _ in groups]
    starts, target = np.cumsum([0, *sizes[:-1]]), np.concatenate([target for _, target in groups])
    prior = np.array([(start or {}).get(name, 0.0) for name in index])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = matrix @ weights
        logits = logits - np.repeat(np.maximum.reduceat(logits, starts), sizes)
        exponentials = np.exp(logits)
        totals = np.repeat(np.add.reduceat(exponentials, starts), sizes)
        gradient = matrix.T @ (exponentials / totals - target) + l2 * (weights - prior)
        return float(-(target * (logits - np.log(totals))).sum() + l2 / 2 * ((weights - prior) ** 2).sum()), gradient

    weights = minimize(loss, prior, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x
    return {name: float(weights[row]) for name, row in index.items()}


def sparse(rows: Sequence[Mapping[str, float]], index: Mapping[str, int]) -> csr_matrix:
    """Feature vectors as a matrix, shape (rows, len(index)); unknown features are dropped."""
    cells = [
        (row, index[name], value)
        for row, features in enumerate(rows)
        for name, value in features.items()
        if name in index
    ]
    at, columns, data = zip(*cells, strict=True)
    return csr_matrix((data, (at, columns)), shape=(len(rows), len(index)))


def fit_sets(
    matrix: csr_matrix,
    targets: Targets,
    sets: NDArray[np.float32],
    prior: NDArray[np.float32],
    decay: float,
    epochs: int = 12,
    rate: float = 0.05,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights of the names in a log-linear model over sets of them: Adam with decoupled decay, its rate falling to 0.

    The loss is that of the sets; for examples whose names alone count, that of every name by itself.
    A row of ``matrix`` (examples x features, the last feature always 1) makes each name likely by its weights, a set
    by its names and its prior. Returns the weights, shape (features - 1, names), and those of the last feature.
    """
    random = np.random.default_rng(0)
    weights = np.zeros((matrix.shape[1], sets.shape[1]), np.float32)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    steps, step, size = epochs * -(-matrix.shape[0] // 192), 0, 192
    for _ in range(epochs):
        order = random.permutation(matrix.shape[0])
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            rows = matrix[batch]
            gradient = np.asarray(rows.T @ _slope(rows @ weights, batch, targets, sets, prior), np.float32) / size
            step += 1
            first += 0.1 * (gradient - first)
            second += 0.01 * (gradient * gradient - second)
            moved = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-5)
            weights -= rate * (1 - step / steps) * (moved + decay * 100 * weights)
    return weights[:-1], weights[-1]


def _slope(
    odds: NDArray[np.float32],
    batch: NDArray[np.int64],
    targets: Targets,
    sets: NDArray[np.float32],
    prior: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The gradient of the loss by the log-odds of the names, shape (batch, names)."""
    scores = np.where(targets.possible[batch], odds @ sets.T + prior, -1e9)
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    right = likely * targets.right[batch] + 1e-30 * targets.right[batch]
    share = right.sum(axis=1, keepdims=True)
    slope = (likely / likely.sum(axis=1, keepdims=True) - right / np.where(share > 0, share, 1)) @ sets
    slope[share[:, 0] == 0] = 0
    alone = targets.alone[batch][:, None]
    return np.where(alone, (1 / (1 + np.exp(-odds)) - targets.single[batch]) * targets.clear[batch], slope)
