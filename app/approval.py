"""Approval on the command line: yes, no, or an edited plan."""

import sys
from typing import Any

import typer

from tools.errors import InputError


def decide(asked: object) -> dict[str, Any]:
    """Show what is waiting for approval and ask; the answer in the form that agent-chat-ui sends."""
    typer.echo(asked, err=True)
    typer.echo("Run this? [y/N] ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer:
        raise InputError("Nobody is there to approve the plan: answer y or n on stdin, or leave --approve out.")
    return {"decisions": [{"type": "approve" if answer.strip().lower() in {"y", "yes"} else "reject"}]}
