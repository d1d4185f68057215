from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tiny.base import unigram, wordpiece
from tools.backends.local.chunking import chunks


@pytest.fixture(scope="module", params=[wordpiece, unigram])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return request.param()


@given(text=st.text(max_size=300), size=st.integers(4, 40))
def test_pieces_cover_the_text_in_order_and_fit(text: str, size: int) -> None:
    pieces = chunks(WORDS, text, size)
    at = 0
    for start, piece in pieces:
        assert text[start : start + len(piece)] == piece
        assert text[at:start].strip() == ""  # nothing but space is left out
        at = start + len(piece)
        assert len(WORDS(piece, add_special_tokens=False)["input_ids"]) <= size
    assert text[at:].strip() == "" or not pieces


WORDS = wordpiece()


def test_a_short_text_is_left_whole(tokenizer: Any) -> None:
    assert chunks(tokenizer, "A grey cat.", 50) == [(0, "A grey cat.")]


def test_a_long_text_is_cut_between_sentences(tokenizer: Any) -> None:
    sentence = "A grey cat sleeps on the mat."
    size = len(tokenizer(sentence * 2, add_special_tokens=False)["input_ids"]) + 2
    pieces = chunks(tokenizer, " ".join([sentence] * 8), size)
    assert len(pieces) > 1
    assert all(piece.startswith("A grey") and piece.endswith("mat.") for _, piece in pieces)
