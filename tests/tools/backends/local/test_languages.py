from typing import Any

import pytest

from tests.support.tiny.base import byte_pairs
from tools.backends.local.languages import token_id, token_of
from tools.errors import InputError, ModelUnavailable
from tools.languages import code_of, detect


def tokenizer(*names: str) -> Any:
    made = byte_pairs()
    made.add_tokens(list(names), special_tokens=True)
    return made


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("eng_Latn", "deu_Latn"), "deu_Latn"),  # NLLB
        (("en_XX", "de_DE"), "de_DE"),  # mBART
        (("__en__", "__de__"), "de"),  # M2M100
    ],
)
def test_each_family_of_translators_is_addressed_in_its_own_way(names: tuple[str, str], expected: str) -> None:
    assert token_of(tokenizer(*names), "de") == expected


def test_the_target_language_is_the_token_of_its_name() -> None:
    made = tokenizer("eng_Latn", "deu_Latn")
    assert token_id(made, "de") == made.convert_tokens_to_ids("deu_Latn")


def test_a_language_the_model_lacks_is_told() -> None:
    with pytest.raises(ModelUnavailable, match="does not know the language fi"):
        token_of(tokenizer("eng_Latn"), "fi")


@pytest.mark.parametrize(("name", "code"), [("German", "de"), ("de", "de"), ("zh-CN", "zh"), ("PORTUGUESE", "pt")])
def test_languages_go_by_english_name_or_code(name: str, code: str) -> None:
    assert code_of(name) == code


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="Klingon is no language known here"):
        code_of("Klingon")


def test_the_source_language_is_detected() -> None:
    assert detect("Der schnelle braune Fuchs springt über den faulen Hund und läuft davon.") == "de"
