"""What the README names is there, and what it asks is answered."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from typer.testing import CliRunner

from app.cli.main import app
from tests.support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
ASKED = re.findall(r"^\$ \.venv/bin/hugginggpt (ask .+)$", README, re.M)


def test_every_file_of_the_tree_exists() -> None:
    tree = README[README.index("langgraph.json      what") :].partition("```")[0]
    folder = ROOT
    for line in tree.splitlines():
        path = line.split()[0].rstrip(",:")
        folder = ROOT if not line.startswith(" ") else folder
        assert (folder / path).exists(), path
        folder = ROOT / path if path.endswith("/") and not line.startswith(" ") else folder


def test_every_example_and_page_named_exists() -> None:
    for name in re.findall(r"(?:examples|docs)/[\w.-]+\.\w+", README):
        assert (ROOT / name).is_file(), name


def counted(answer: str, _made: list[Path]) -> None:
    assert answer.startswith("4 rows")


def squared_and_brown(_answer: str, made: list[Path]) -> None:
    (picture,) = made
    with Image.open(picture) as image:
        assert image.format == "JPEG"
        assert image.width == image.height
        red, green, blue = np.asarray(image.convert("RGB")).reshape(-1, 3).mean(0)
        assert red > green > blue


def read_aloud(_answer: str, made: list[Path]) -> None:
    (recording,) = (path for path in made if path.suffix == ".wav")
    sound, rate = soundfile.read(recording)
    assert len(sound) / rate > 5
    assert np.sqrt(np.mean(sound**2)) > 0.01


@pytest.mark.parametrize(
    ("command", "holds"), list(zip(ASKED, [counted, squared_and_brown, read_aloud], strict=True)), ids=ASKED
)
def test_what_the_readme_asks_is_answered(
    command: str, holds: Callable[[str, list[Path]], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUGGINGGPT_OUT", str(tmp_path / "made"))
    result = CliRunner().invoke(app, shlex.split(command))
    assert result.exit_code == 0, result.output
    made = [path for path in (tmp_path / "made").iterdir() if path.suffix in {".jpg", ".wav", ".txt"}]
    holds(result.stdout, made)
