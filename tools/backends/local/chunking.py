"""Long texts, cut into pieces that a model can read."""

import re
from collections.abc import Iterator
from typing import Any

# after a Western sentence mark and a space, after an East Asian one, at a line break
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_WORD_END = re.compile(r"\s+")
_NO_LIMIT = 100_000  # a tokenizer without a limit says 1e30


def limit(tokenizer: Any, config: Any, default: int = 512) -> int:
    """How many tokens of text a model reads at once, its special tokens left out."""
    declared = [getattr(config, name, None) for name in ("max_position_embeddings", "n_positions")]
    known = [n for n in (tokenizer.model_max_length, *declared) if n and n < _NO_LIMIT]
    return int(min(known, default=default)) - int(tokenizer.num_special_tokens_to_add()) - 2


def chunks(tokenizer: Any, text: str, size: int) -> list[tuple[int, str]]:
    """``(offset, piece)`` pairs that cover the text, each of at most ``size`` tokens, cut between sentences."""
    if _tokens(tokenizer, text) <= size:
        return [(0, text)]
    pieces: list[tuple[int, int]] = []
    for start, end in _sentences(tokenizer, text, size):
        if pieces and _tokens(tokenizer, text[pieces[-1][0] : end]) <= size:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
    return [(start, text[start:end]) for start, end in pieces]


def _sentences(tokenizer: Any, text: str, size: int) -> Iterator[tuple[int, int]]:
    for start, end in _spans(_SENTENCE_END, text, 0, len(text)):
        if _tokens(tokenizer, text[start:end]) <= size:
            yield start, end
        else:
            yield from _words(tokenizer, text, start, end, size)


def _words(tokenizer: Any, text: str, start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    for first, last in _spans(_WORD_END, text, start, end):
        step = max(1, last - first if _tokens(tokenizer, text[first:last]) <= size else size // 4)
        yield from ((at, min(at + step, last)) for at in range(first, last, step))


def _spans(separator: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in separator.finditer(text, start, end):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


def _tokens(tokenizer: Any, text: str) -> int:
    return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
