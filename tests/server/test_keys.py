"""Keys and their owners."""

import hashlib
import json
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


def test_a_key_expires(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key, other = keys.add(file, "ann", days=-1), keys.add(file, "bob", days=1)
    known = keys.load(file)
    assert [known.owner(key), known.owner(other)] == [None, "bob"]
    assert [known.knows("ann"), known.knows("bob")] == [False, True]


def test_keys_come_and_go_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    first, known = keys.add(file, "ann"), keys.load(file)
    second = keys.add(file, "bob")
    known.refresh()
    assert [known.owner(first), known.owner(second)] == ["ann", "bob"]
    assert keys.revoke(file, "ann") == ["ann"]
    known.refresh()
    assert [known.owner(first), known.owner(second)] == [None, "bob"]
    (name,) = keys.listed(file)
    assert keys.revoke(file, name) == ["bob"]
    known.refresh()
    assert known.owner(second) is None
    assert known  # the server stays shut: the last key that is gone opens it to nobody


def test_a_file_that_breaks_while_the_server_runs_leaves_the_keys_as_they_were(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keys.json"
    key, known = keys.add(file, "ann"), keys.load(file)
    file.write_text("{")
    known.refresh()
    assert known.owner(key) == "ann"
    assert "stay as they were" in caplog.text


def test_a_file_that_holds_owners_alone_is_read(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({hashlib.sha256(b"hgpt_old").hexdigest(): "ann"}))
    assert keys.load(file).owner("hgpt_old") == "ann"
    new = keys.add(file, "bob")
    assert keys.load(file).owner(new) == "bob"
    assert keys.load(file).owner("hgpt_old") == "ann"


def test_the_file_is_never_half_written(tmp_path: Path) -> None:
    for _ in range(3):
        keys.add(tmp_path / "keys.json", "ann")
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_the_commands_list_and_revoke(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys.add(file, "ann")
    keys.add(file, "bob", days=1)
    shown = CliRunner().invoke(app, ["keys", "list", "--file", str(file)]).stdout
    assert [line.split()[1] for line in shown.splitlines()] == ["ann", "bob"]
    assert CliRunner().invoke(app, ["keys", "revoke", "ann", "--file", str(file)]).stdout == "Revoked, of ann.\n"
    refused = CliRunner().invoke(app, ["keys", "revoke", "ann", "--file", str(file)])
    assert (refused.exit_code, "no key 'ann'" in refused.stderr) == (2, True)


def test_the_command_prints_a_new_key_and_nothing_else_on_stdout(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    made = CliRunner().invoke(app, ["key", "ann", "--file", str(file)])
    assert made.exit_code == 0
    assert keys.load(file).owner(made.stdout.strip()) == "ann"
    refused = CliRunner().invoke(app, ["key", "../ann", "--file", str(file)])
    assert refused.exit_code == 2
    assert "cannot own a key" in refused.stderr
