"""Keys and their owners."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.server import keys
from tools.errors import ConfigError


def test_a_new_key_is_known_and_the_file_does_not_hold_it(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key = keys.add(file, "ann")
    assert keys.load(file).owner(key) == "ann"
    assert key not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_one_owner_may_hold_several_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    first, second = keys.add(file, "ann"), keys.add(file, "ann")
    assert first != second
    assert keys.load(file).owner(first) == keys.load(file).owner(second) == "ann"


def test_a_wrong_key_has_no_owner(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key = keys.add(file, "ann")
    assert [keys.load(file).owner(wrong) for wrong in ("", key[:-1], key.upper(), "hgpt_x")] == [None] * 4


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"a": 1}', '{"a": "../ann"}', '{"a": "local"}'])
def test_a_broken_key_file_never_means_an_open_server(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(ConfigError, match=r"hugginggpt key|cannot own"):
        keys.load(tmp_path / "keys.json")


def test_a_missing_key_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        keys.load(tmp_path / "none.json")


@pytest.mark.parametrize("owner", ["", "..", "a/b", "Ann", "local", "a" * 64, "_a"])
def test_an_owner_is_also_a_safe_folder_name(tmp_path: Path, owner: str) -> None:
    with pytest.raises(ConfigError, match="cannot own a key"):
        keys.add(tmp_path / "keys.json", owner)
    assert not (tmp_path / "keys.json").exists()


def test_the_command_prints_a_new_key_and_nothing_else_on_stdout(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    made = CliRunner().invoke(app, ["key", "ann", "--file", str(file)])
    assert made.exit_code == 0
    assert keys.load(file).owner(made.stdout.strip()) == "ann"
    refused = CliRunner().invoke(app, ["key", "../ann", "--file", str(file)])
    assert refused.exit_code == 2
    assert "cannot own a key" in refused.stderr
