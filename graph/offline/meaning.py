"""What the meaning of a request tells of its wishes, where a sentence encoder is installed (the extra `embedded`).

The encoder's first layers, adapted by training, make a vector of each word piece. Each wish looks at the pieces that
concern it, and what it sees there speaks for it or against it: in any language that the encoder knows.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from graph.offline.listing import labels
from graph.offline.reading import Reading, kinds
from tools.tasks import MODALITIES

if TYPE_CHECKING:
    from tools.experts.packed import Packed, Piece
    from tools.experts.transformer import Adapters

Array = NDArray[np.float32]
PATH = Path(__file__).with_name("meaning.npz")
HEAD, TAIL, NAMES = 500, 200, 6  # characters read at both ends of a request, and names of files
PIECES = 200  # word pieces that are read
_LEAD = "query: "  # what the encoder was taught to expect


@dataclass(frozen=True)
class Heads:
    """How each wish reads the encoder's states: ``seeks`` (wishes x width) finds the pieces that concern it, ``says``
    (wishes x width) weighs them; ``given`` (wishes x kinds) weighs what came with the request, ``bias`` all."""

    types: tuple[str, ...]
    seeks: Array
    says: Array
    given: Array
    bias: Array


Learned = tuple[Heads, int, "Adapters"]  # the heads, how many layers of the encoder are used, what is added to them


class Meaning:
    """Tells the log-odds of each wish from the meaning of a request."""

    def __init__(self, heads: Heads, layers: int, adapters: "Adapters") -> None:
        from threadpoolctl import ThreadpoolController

        from tools.experts.packed import Packed
        from tools.experts.transformer import Transformer

        # One thread: what is multiplied is small, and more of them wait for each other on a busy machine.
        self._limited = partial(ThreadpoolController().limit, limits=1, user_api="blas")
        self.heads, self._packed = heads, Packed()
        self._encoder = Transformer(self._packed, layers, adapters)
        self.of = lru_cache(maxsize=64)(self._of)

    @classmethod
    def load(cls, path: Path) -> "Meaning":
        """Read what was learned."""
        return cls(*learned(path))

    def __call__(self, reading: Reading, files: Sequence[str]) -> Array:
        """What each word adds to each wish's log-odds, shape (words + 1, wishes); the last row is of no word."""
        return self.of(reading, tuple(files))

    def _of(self, reading: Reading, files: tuple[str, ...]) -> Array:
        text = Text.of(reading, files)
        pieces = text.pieces(self._packed)
        with self._limited():
            states = self._encoder.states([self._packed.begin, *(piece.number for piece in pieces), self._packed.end])
        sought = states @ self.heads.seeks.T
        share = np.exp(sought - sought.max(axis=0))
        said = share / share.sum(axis=0) * (states @ self.heads.says.T)
        added = np.zeros((len(reading.words) + 1, len(self.heads.types)), np.float32)
        np.add.at(added, [-1, *text.words(pieces, reading), -1], said)
        added[-1] += self.heads.given @ given(reading, files) + self.heads.bias
        return added


@dataclass(frozen=True)
class Text:
    """What the encoder reads: the user's own words, without quotations, and the names of the files.

    ``starts`` are for each character the one of the request that it comes from, -1 where it comes from none.
    """

    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, reading: Reading, files: Sequence[str]) -> "Text":
        """The text that is read of a request."""
        chars = list(_own(reading))
        if len(chars) > HEAD + TAIL:
            chars = [*chars[:HEAD], *((char, -1) for char in " … "), *chars[-TAIL:]]
        names = ", ".join(PurePosixPath(file).name[-40:] for file in files[:NAMES])
        chars += [(char, -1) for char in f" [{names}]"] if names else []
        return cls("".join(char for char, _ in chars), tuple(at for _, at in chars))

    def pieces(self, packed: "Packed") -> "list[Piece]":
        """Its word pieces, behind the encoder's lead."""
        return packed.pieces(_LEAD + self.text)[:PIECES]

    def words(self, pieces: "Sequence[Piece]", reading: Reading) -> Iterator[int]:
        """For each piece the word that it belongs to, -1 for those of no word."""
        begins = [word.start for word in reading.words]
        for piece in pieces:
            at = piece.start - len(_LEAD)
            while 0 <= at < len(self.text) - 1 and self.text[at] == " ":
                at += 1  # a piece begins with the space before its word
            start = self.starts[at] if at >= 0 else -1
            yield max(0, bisect_right(begins, start) - 1) if start >= 0 and begins else -1


def _own(reading: Reading) -> Iterator[tuple[str, int]]:
    """The characters that are read, each with its place: a quotation is three dots, white space a single blank."""
    hidden = {at: quote for quote in reading.quotes for at in range(quote.start, quote.end)}
    blank = True
    for at, char in enumerate(reading.text):
        quote = hidden.get(at)
        shown = char if quote is None else "…" if at == quote.start else ""
        if shown.isspace():
            shown = "" if blank else " "
        if shown:
            blank = shown == " "
            yield shown, at


def given(reading: Reading, files: Sequence[str]) -> Array:
    """What came with a request: files by kind, none or several, texts and labels in it, files that it names."""
    counts = [min(list(kinds(files)).count(kind), 2) for kind in MODALITIES]
    flags = [not files, len(files) > 1, bool(reading.quotes), bool(labels(reading, 0)), bool(reading.mentions)]
    return np.array([*counts, *flags], np.float32)


@cache
def meaning(path: Path = PATH) -> Meaning | None:
    """What the training has made of the encoder; None where it is not installed."""
    try:
        return Meaning.load(path)
    except (ImportError, OSError):
        return None


def learned(path: Path) -> Learned:
    """Read what was learned."""
    with np.load(path, allow_pickle=False) as file:
        kept: Mapping[str, Array] = {name: file[name].astype(np.float32) for name in file.files if name != "types"}
        heads = Heads(tuple(file["types"].tolist()), *(kept[name] for name in ("seeks", "says", "given", "bias")))
    down = {name.removesuffix("/down"): matrix for name, matrix in kept.items() if name.endswith("/down")}
    return heads, int(kept["layers"]), {name: (matrix, kept[f"{name}/up"]) for name, matrix in down.items()}


def save(made: Learned, path: Path = PATH) -> None:
    """Write what was learned, in sixteen bits."""
    heads, layers, adapters = made
    low = {
        f"{name}/{side}": matrix
        for name, pair in adapters.items()
        for side, matrix in zip(("down", "up"), pair, strict=True)
    }
    low |= {"seeks": heads.seeks, "says": heads.says, "given": heads.given, "bias": heads.bias}
    kept = {name: array.astype(np.float16) for name, array in low.items()}
    np.savez_compressed(path, allow_pickle=False, types=np.array(heads.types), layers=np.array(layers), **kept)
