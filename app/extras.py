"""`hugginggpt tools`: task types from functions, MCP servers, Gradio apps and Spaces."""

import asyncio
from typing import Annotated

import typer

from app.guard import emit, guarded

app = typer.Typer(
    help="Add task types: Python functions, tools of MCP servers, Gradio apps, Spaces.", no_args_is_help=True
)


@app.command()
@guarded
def add(
    source: Annotated[str, typer.Argument(help="module:function, a link, OWNER/SPACE, or a command in quotes.")],
    only: Annotated[str | None, typer.Option(help="One tool or endpoint of the source, by its own name.")] = None,
    name: Annotated[str | None, typer.Option(help="The task type's name here.")] = None,
    kind: Annotated[str | None, typer.Option(help="function, mcp or gradio, where the source does not tell.")] = None,
) -> None:
    """Ask a source what it can do, and add that to the file of tools."""
    from tools import extras
    from tools.backends import BACKENDS  # noqa: F401 - loads the table first
    from tools.errors import ConfigError

    if kind not in {None, "function", "mcp", "gradio"}:
        raise ConfigError(f"There is no kind {kind!r}; choose function, mcp or gradio.")
    for entry in asyncio.run(extras.add(source, only=only, name=name, kind=kind)):  # type: ignore[arg-type]  # checked above
        typer.echo(f"{entry.name}: {entry.purpose}")
        typer.echo(f"  takes {', '.join(slot.name for slot in entry.slots) or 'nothing'}")
        typer.echo(f"  asked for by: {', '.join((entry.name.replace('-', ' '), *entry.words))}")


@app.command("list")
@guarded
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show what was added."""
    from tools import extras

    found = extras.entries().values()
    if as_json:
        emit({"tools": [entry.model_dump(mode="json") for entry in found]})
    for entry in [] if as_json else found:
        typer.echo(f"{entry.name}: {entry.purpose} [{entry.kind} {entry.source} {entry.tool}]".replace(" ]", "]"))


@app.command()
@guarded
def remove(name: Annotated[str, typer.Argument(help="The task type's name.")]) -> None:
    """Take a task type out of the file of tools."""
    from tools import extras

    extras.remove(name)
    typer.echo(f"{name} was removed.")
