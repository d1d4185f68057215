"""The documentation site builds, without a broken link, and its reference is made from the code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tools.settings import Settings
from tools.tasks import TASKS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "true"}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=100, check=False)  # noqa: S603 - our own command
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("settings", [f"HUGGINGGPT_{name.upper()}" for name in Settings.model_fields]),
        ("tasks", list(TASKS)),
        ("commands", ["ask", "threads", "--thread", "--how"]),
    ],
)
def test_the_reference_names_everything_that_the_code_has(site: Path, page: str, names: list[str]) -> None:
    words = (site / "reference" / page / "index.html").read_text("utf-8")
    assert [name for name in names if name not in words] == []
