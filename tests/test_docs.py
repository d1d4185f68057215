"""What the pages of docs/ name exists."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from graph import graph
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


def test_the_diagram_has_every_edge_that_the_code_takes_and_no_other() -> None:
    diagram = re.search(r"```mermaid\n(.+?)```", (ROOT / "docs" / "how-it-works.md").read_text("utf-8"), re.S)
    assert diagram
    drawn = set[tuple[str, str]]()
    for line in diagram[1].splitlines()[1:]:
        nodes = [re.sub(r"\W.*", "", part.strip()) for part in re.split(r"-->|-\..*?\.->", line)]
        drawn |= set(pairwise({"START": "__start__", "END": "__end__"}.get(node, node) for node in nodes))
    assert drawn == {(edge.source, edge.target) for edge in graph.get_graph().edges}
