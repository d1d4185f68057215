"""Whose folder is whose."""

import pytest
from upath import UPath

from tools.errors import ConfigError
from tools.settings import Owner, Settings, process_settings


def test_every_owner_writes_to_a_folder_of_their_own_and_reads_no_other() -> None:
    assert Owner("ada@example.com").settings.out == process_settings().out / "ada@example.com"
    assert Owner("ada@example.com").settings.folders == []


@pytest.mark.parametrize(
    "owner", ["..", "../bob", "/", "/etc", ".", "a/", "a//b", "a/../b", "a\\b", "a\0", ".hidden", " "]
)
def test_an_owner_whose_name_is_a_way_out_of_the_folder_is_refused(owner: str) -> None:
    with pytest.raises(ConfigError, match="cannot own files"):
        Owner(owner)


def test_a_variable_that_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_OUT", "")
    assert Settings().out == UPath("outputs")
