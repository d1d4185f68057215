"""Approval on the command line: yes, no, or an edited plan."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from tools.errors import InputError


def decide(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Show the plan that waits for approval and ask; the answer in the form that graph/approval.py reads.

    Raises:
        InputError: the input has ended, so that nobody can answer.
    """
    action = asked["action_requests"][0]
    typer.echo(f"\n{action['description']}", err=True)
    while True:
        typer.echo("Run this? y(es), n(o), e(dit), or the edited tasks as JSON: ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            raise InputError("Nobody is there to approve the plan; answer y or n on stdin, or give --no-approve.")
        if decision := _decision(line.strip(), action["args"]["tasks"]):
            return {"decisions": [decision]}


def _decision(answer: str, tasks: list[Any]) -> dict[str, Any] | None:
    """The decision that an answer stands for, or None when it makes no sense."""
    match answer.lower():
        case "y" | "yes":
            return {"type": "approve"}
        case "n" | "no":
            return {"type": "reject"}
        case "e" | "edit":
            answer = _edited(json.dumps(tasks, indent=2, ensure_ascii=False))
    try:
        edited = json.loads(answer)
    except json.JSONDecodeError:
        return None
    return {"type": "edit", "edited_action": {"name": "run_plan", "args": {"tasks": edited}}}


def _edited(text: str) -> str:
    """The text after the user has changed it in the editor of their choice."""
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_text(text, encoding="utf-8")
        subprocess.run([*editor, str(file)], check=False)  # noqa: S603 - the user's own editor
        return file.read_text(encoding="utf-8")
