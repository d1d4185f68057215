"""What the pages of docs/ name exists."""

import re
from pathlib import Path

import pytest

from tests.support import ROOT

PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:app|graph|tools|tests|benchmarks|prompts|examples)/[\w./-]+)`", page.read_text("utf-8"))
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_names_by_which_one_adds_something_are_there() -> None:
    page = (ROOT / "docs" / "how-it-is-built.md").read_text("utf-8")
    for name, path in re.findall(r"`([A-Z][\w.]+)`[^`]{0,40} in\s+`([\w/]+\.py)`", page):
        assert re.search(rf"\b{name.split('.')[0]}\b", (ROOT / path).read_text("utf-8")), (name, path)


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "threats.md").read_text("utf-8"))
    assert len(named) > 30
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), (path, name)
