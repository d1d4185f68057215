"""The reference pages' tables, made from the code while the site is built."""

from typing import Any

import typer

from app.cli.main import app
from app.cli.tables import abilities
from tools.settings import Settings
from tools.tasks import TASKS

_ELSEWHERE = {"cache_folder": "~/.cache/hugginggpt"}  # depends on the home folder


def on_page_markdown(markdown: str, **_: Any) -> str:  # noqa: ANN401 - mkdocs' own objects
    """Put each table in the place of its mark."""
    for name, made in _TABLES.items():
        mark = f"<!-- generated: {name} -->"
        markdown = markdown.replace(mark, made()) if mark in markdown else markdown
    return markdown


def settings() -> str:
    """Every setting: its variable, what it sets, its default."""
    rows = ["| variable | what it sets | default |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = _ELSEWHERE.get(name, field.get_default(call_default_factory=True))
        shown = "" if default in (None, [], {}) else f"`{default}`"
        rows.append(f"| `HUGGINGGPT_{name.upper()}` | {field.description} | {shown} |")
    return "\n".join(rows)


def slots() -> str:
    """Every task type: its purpose, its slots and its outputs."""
    rows = ["| task type | purpose | takes | gives |", "| --- | --- | --- | --- |"]
    for task in TASKS.values():
        takes = ", ".join(f"{slot.name}{'' if slot.required else ' (optional)'}" for slot in task.slots)
        rows.append(f"| {task.name} | {task.purpose} | {takes} | {', '.join(task.outputs)} |")
    return "\n".join(rows)


def commands() -> str:
    """The help of every command, as it stands on the screen."""
    group: Any = typer.main.get_command(app)
    parts = []
    for name, command in group.commands.items():
        options = [(" / ".join(each.opts), getattr(each, "help", "") or "") for each in command.params]
        rows = "\n".join(f"| `{option}` | {text} |" for option, text in options if option)
        parts.append(f"## {name}\n\n{command.help or ''}\n\n| option | |\n| --- | --- |\n{rows}")
    return "\n\n".join(parts)


_TABLES = {"settings": settings, "slots": slots, "tasks": abilities, "commands": commands}
