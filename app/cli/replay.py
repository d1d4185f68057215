"""A file made again, and what a person is told of it."""

import asyncio

import typer
from upath import UPath

from app.cli.options import allow
from tools.replay import Replay, replay, sources


def run(file: UPath) -> Replay:
    """Make the file again from its provenance, whose inputs may lie anywhere. Raises InputError, ModelError."""
    allow("", [str(file), *sources(file)])
    return asyncio.run(replay(file))


def show(again: Replay) -> None:
    """The new file on stdout, how alike they are beside it."""
    typer.echo(again.file)
    then, now = again.revision
    if then != now:
        typer.secho(f"The model was at revision {then} and is at {now} now.", err=True)
    typer.secho(_likeness(again), err=True)


def _likeness(again: Replay) -> str:
    if again.same:
        return "The same to the last bit."
    if again.difference is None:
        return "Not the same; the two cannot be measured against each other."
    return f"Not the same: its samples differ by {again.difference:g} % on average."
