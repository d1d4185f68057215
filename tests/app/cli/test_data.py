"""`hugginggpt data`, as somebody types it."""

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from tests.support import EXAMPLES


def run(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, [*words], input=answer)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a conversation, a file that was made in it, and a letter that was not."""
    monkeypatch.setenv("HUGGINGGPT_CACHE_FOLDER", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs/letter.txt").write_text("mine")
    asked = run("ask", "Show me the outlines of this", "-i", str(EXAMPLES / "notice.png"), "--llm", "offline", "--json")
    assert asked.exit_code == 0, asked.output
    return tmp_path / "outputs"


@pytest.mark.slow
def test_what_is_kept_is_listed_exported_and_deleted_once_somebody_has_said_yes(made: Path) -> None:
    listed = json.loads(run("data", "list", "--json").stdout)
    assert {kind: much["number"] for kind, much in listed["kinds"].items()} == {
        "conversation": 1,
        "file": 1,
        "reused": 1,
    }
    assert "notice-edges.png" in run("data", "list").stdout
    assert run("data", "list", "--older", "1").stdout == ""
    assert run("data", "export", "mine.zip").exit_code == 0
    with zipfile.ZipFile("mine.zip") as archive:
        assert {"files/notice-edges.png", "files/notice-edges.json", "index.json"} <= {*archive.namelist()}
    assert run("data", "delete", answer="n\n").exit_code == 1
    assert (made / "notice-edges.png").exists()
    deleted = run("data", "delete", answer="y\n")
    assert "Deleted: 1 x file" in deleted.stdout
    assert json.loads(run("data", "list", "--json").stdout) == {"items": [], "kinds": {}}
    assert sorted(path.name for path in made.iterdir() if path.suffix in {".png", ".json", ".txt"}) == ["letter.txt"]


def test_a_kind_alone_can_be_deleted_and_a_wrong_one_is_told(made: Path) -> None:
    assert run("data", "delete", "--kind", "conversation", "--yes").exit_code == 0
    assert {item["kind"] for item in json.loads(run("data", "list", "--json").stdout)["items"]} == {"file", "reused"}
    wrong = run("data", "delete", "--kind", "everything", "--yes")
    assert (wrong.exit_code, "the kinds are conversation, file" in wrong.stderr) == (2, True)
    assert run("data", "delete", "--owner", "../x", "--yes").exit_code == 2
    assert (made / "notice-edges.png").exists()
