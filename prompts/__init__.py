"""The words sent to language models, kept as files."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Demonstration:
    """A request, the files that came with it, and the plan that answers it, in the form that planners are to write."""

    request: str
    files: tuple[str, ...]
    plan: dict[str, Any]


def render(name: str, **values: str) -> str:
    """The prompt ``name`` with every ``$value`` filled in.

    Raises:
        ValueError: a value is missing or is not in the prompt.
    """
    template = _template(name)
    wanted, given = set(template.get_identifiers()), set(values)
    if wanted != given:
        wrong = [f"needs {key}" for key in wanted - given] + [f"has no {key}" for key in given - wanted]
        raise ValueError(f"The prompt {name} {' and '.join(sorted(wrong))}.")
    return template.substitute(values).strip()


@cache
def demonstrations() -> tuple[Demonstration, ...]:
    """Every demonstration of planning, one line of ``demonstrations.jsonl`` each."""
    lines = (_HERE / "demonstrations.jsonl").read_text(encoding="utf-8").splitlines()
    rows = (json.loads(line) for line in lines)
    return tuple(Demonstration(row["request"], tuple(row["files"]), row["plan"]) for row in rows)


@cache
def _template(name: str) -> Template:
    return Template((_HERE / f"{name}.md").read_text(encoding="utf-8"))
