"""Languages are known by code and by name."""

import pytest

from tools.languages import code


@pytest.mark.parametrize("name", ["German", "de", "de-AT", "DE_at", "Deutsch", " german "])
def test_a_language_is_known_by_its_code_and_its_names(name: str) -> None:
    assert code(name) == "de"


def test_what_is_no_language_has_no_code() -> None:
    assert code("a deeper voice") is None
