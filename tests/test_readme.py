"""What the README names is there."""

import re

from tests.support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


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
