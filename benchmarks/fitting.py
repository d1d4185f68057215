"""Conditional logistic regression: which of several candidates is right, learned from named features."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

Group = tuple[list[Any], NDArray[np.float64]]  # features of the candidates, and the target distribution over them


def softmax(groups: Sequence[Group], l2: float, start: Mapping[str, float] | None = None) -> dict[str, float]:
    """Weights of a conditional logistic regression: in each group the target distribution over its candidates."""
    if not groups:
        return {}
    counts = Counter(name for features, _ in groups for name in {name for each in features for name in each})
    index = {name: row for row, name in enumerate(name for name, count in sorted(counts.items()) if count >= 2)}
    matrix = sparse([each for features, _ in groups for each in features], index)
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
        (row, index[name], value) for row, each in enumerate(rows) for name, value in each.items() if name in index
    ]
    at, columns, data = zip(*cells, strict=True)
    return csr_matrix((data, (at, columns)), shape=(len(rows), len(index)))
