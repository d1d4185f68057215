"""The README's generated parts are up to date, and what it names is there."""

import re

from app.cli.tables import abilities
from tests.support import ROOT
from tools.settings import Settings

README = (ROOT / "README.md").read_text(encoding="utf-8")


def part(name: str) -> str:
    """What stands between the markers of that name."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.S)
    assert found, name
    return found[1].strip()


SHOWN = {"cache_folder": "~/.cache/hugginggpt"}  # depends on the home folder


def settings_abilities() -> str:
    rows = ["| variable | what it sets | default |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = SHOWN.get(name, field.get_default(call_default_factory=True))
        shown = "" if default in (None, [], {}) else f"`{default}`"
        rows.append(f"| `HUGGINGGPT_{name.upper()}` | {field.description} | {shown} |")
    return "\n".join(rows)


def test_the_table_of_settings_is_the_settings() -> None:
    assert part("settings") == settings_abilities()


def test_the_table_of_task_types_is_what_the_backends_can_do() -> None:
    assert part("tasks") == abilities()


def test_every_file_of_the_tree_exists() -> None:
    tree = README[README.index("langgraph.json      what") :].partition("```")[0]
    folder = ROOT
    for line in tree.splitlines():
        path = line.split()[0]
        folder = ROOT if not line.startswith(" ") else folder
        assert (folder / path).exists(), path
        folder = ROOT / path if path.endswith("/") and not line.startswith(" ") else folder


def test_every_example_file_named_exists() -> None:
    for name in re.findall(r"examples/[\w.-]+\.\w+", README):
        assert (ROOT / name).is_file(), name
