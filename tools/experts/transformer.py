"""The first layers of multilingual-e5-small, token by token, with low-rank adapters to its weights (LoRA)."""

from collections.abc import Mapping, Sequence

import numpy as np

from tools.experts.packed import Array, Packed

MATRICES = ("q", "k", "v", "ao", "fi", "fo")  # by the file's names: attention's four, the feed-forward's two
_LARGEST = np.float32(80)  # whose exponential single precision still holds
Adapters = Mapping[str, tuple[Array, Array]]  # by layer and matrix, "3.q": (rank, in) and (out, rank)


class Transformer:
    """A BERT encoder; the adapters are added to its weights when it is built."""

    def __init__(self, packed: Packed, layers: int, adapters: Adapters | None = None) -> None:
        self._packed, width = packed, packed.width
        self._places = packed.tensor("emb.pos", width) + packed.tensor("emb.type", width)[0]
        self._first = self._norm("emb.ln")
        self._layers = [_Layer(packed, number, adapters or {}) for number in range(layers)]

    def _norm(self, name: str) -> tuple[Array, Array]:
        width = self._packed.width
        return self._packed.tensor(f"{name}.w", width)[0], self._packed.tensor(f"{name}.b", width)[0]

    def states(self, numbers: Sequence[int]) -> Array:
        """What the last layer makes of each piece, shape (pieces, width); at most ``Packed.longest`` pieces."""
        embedded = self._packed.embeddings(list(numbers)) + self._places[: len(numbers)]
        states = _normalized(embedded, *self._first, self._packed.epsilon)
        for layer in self._layers:
            states = layer.after(states)
        return states


class _Layer:
    """One layer: attention and feed-forward, each with a residual."""

    def __init__(self, packed: Packed, number: int, adapters: Adapters) -> None:
        self._heads, self._epsilon = packed.heads, packed.epsilon
        weights = {}
        for name in MATRICES:
            columns = packed.inner if name == "fo" else packed.width
            weights[name] = packed.tensor(f"l{number}.{name}.w", columns)
            if adapter := adapters.get(f"{number}.{name}"):
                weights[name] = weights[name] + adapter[1] @ adapter[0]
        biases = {name: packed.tensor(f"l{number}.{name}.b", 1)[:, 0] for name in MATRICES}
        self._seen = np.vstack([weights[name] for name in "qkv"]).T.copy()
        self._seen_bias = np.concatenate([biases[name] for name in "qkv"])
        self._weights, self._biases = {name: weights[name].T.copy() for name in MATRICES[3:]}, biases
        self._norms = [
            (
                packed.tensor(f"l{number}.{name}.w", packed.width)[0],
                packed.tensor(f"l{number}.{name}.b", packed.width)[0],
            )
            for name in ("aln", "oln")
        ]

    def after(self, states: Array) -> Array:
        """The states after this layer."""
        states = _normalized(states + self._linear("ao", self._attended(states)), *self._norms[0], self._epsilon)
        inner = _gelu(self._linear("fi", states))
        return _normalized(states + self._linear("fo", inner), *self._norms[1], self._epsilon)

    def _linear(self, name: str, states: Array) -> Array:
        return np.asarray(states @ self._weights[name] + self._biases[name], np.float32)

    def _attended(self, states: Array) -> Array:
        """What each token takes from all, by its likeness to them: scaled dot products over the heads."""
        count, width = states.shape
        seen = (states @ self._seen + self._seen_bias).reshape(count, 3, self._heads, -1).transpose(1, 2, 0, 3)
        likeness = seen[0] @ seen[1].transpose(0, 2, 1) / np.float32(np.sqrt(width // self._heads))
        share = np.exp(likeness - likeness.max(axis=-1, keepdims=True))
        share /= share.sum(axis=-1, keepdims=True)
        return np.asarray((share @ seen[2]).transpose(1, 0, 2).reshape(count, width), np.float32)


def _gelu(values: Array) -> Array:
    """The Gaussian error linear unit by its usual approximation, as a product: a power costs numpy forty times that."""
    inner = np.minimum(values * (-1.59576912 - 0.0713548163 * values * values), _LARGEST)
    return np.asarray(values / (1 + np.exp(inner)), np.float32)


def _normalized(states: Array, scale: Array, shift: Array, epsilon: float) -> Array:
    centred = states - states.mean(axis=-1, keepdims=True)
    return np.asarray(
        centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon) * scale + shift, np.float32
    )
