"""`hugginggpt tools`: task types from functions, MCP servers, Gradio apps and Spaces."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import emit, guarded

if TYPE_CHECKING:
    from tools.extras.entry import Entry

app = typer.Typer(
    help="Add task types: Python functions, tools of MCP servers, Gradio apps, Spaces.", no_args_is_help=True
)


@app.command()
@guarded
def add(
    source: Annotated[str, typer.Argument(help="module:function, a link, OWNER/SPACE, or a command in quotes.")],
    only: Annotated[list[str] | None, typer.Option(help="One tool or endpoint; may be repeated.")] = None,
    name: Annotated[str | None, typer.Option(help="The task type's name here.")] = None,
    kind: Annotated[str | None, typer.Option(help="function, mcp or gradio, where the source does not tell.")] = None,
    token: Annotated[
        str | None, typer.Option(metavar="env:NAME", help="The variable with the token that opens the server or Space.")
    ] = None,
    login: Annotated[
        str | None, typer.Option(metavar="USER:${NAME}", help="User, and variable with the password, of a Gradio app.")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="'NAME: ${NAME}'", help="A header for every request; may be repeated.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A variable that the server's command may see.")
    ] = None,
) -> None:
    """Ask a source what it can do, and add that to the file of tools. Secrets stay in the environment."""
    from tools import extras
    from tools.errors import ConfigError
    from tools.registry import BACKENDS  # noqa: F401 - loads the table first

    if kind not in {None, "function", "mcp", "gradio"}:
        raise ConfigError(f"There is no kind {kind!r}; choose function, mcp or gradio.")
    adding = extras.add(
        source,
        only=only or (),
        name=name,
        kind=kind,  # type: ignore[arg-type]  # checked above
        token=token,
        login=login,
        headers=_pairs(header or [], ":"),
        env={variable: f"${{{variable}}}" for variable in env or []},
    )
    for entry in asyncio.run(adding):
        _tell(entry)


@app.command("list")
@guarded
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show what was added: where it lives, what it takes and gives, and what keeps it from being used."""
    from tools import extras

    added = extras.entries().values()
    if as_json:
        emit({"tools": [{**entry.model_dump(mode="json"), "missing": _lack(entry)} for entry in added]})
        return
    if not added:
        typer.echo("Nothing was added yet; `hugginggpt tools add --help` says how.")
    for entry in added:
        _describe(entry)


@app.command()
@guarded
def remove(name: Annotated[str, typer.Argument(help="The task type's name.")]) -> None:
    """Take a task type out of the file of tools."""
    from tools import extras

    extras.remove(name)
    typer.echo(f"{name} was removed.")


def _tell(entry: "Entry") -> None:
    """What was added, and a request that asks for it."""
    _describe(entry)
    if not entry.unusable:
        words = dict.fromkeys((entry.name.replace("-", " "), *entry.words))
        typer.echo(f"  asked for by  {', '.join(words)}")
        typer.echo(f"  for example   {_example(entry)}")


def _describe(entry: "Entry") -> None:
    """An entry in a few lines."""
    typer.secho(entry.name, bold=True, nl=False)
    typer.echo(f": {entry.purpose}")
    tool = entry.tool if entry.kind != "function" else ""  # its source names it
    typer.echo(f"  from          {' '.join(filter(None, (entry.kind, entry.source, tool)))}{_opened(entry)}")
    row = entry.row()
    takes = [f"{slot.name}{'' if slot.required else '?'}{_about(slot.modality, slot.note)}" for slot in row.slots]
    typer.echo(f"  takes         {', '.join(takes) or 'nothing'}")
    typer.echo(f"  gives         {', '.join(entry.outputs)}")
    for note in entry.notes:
        typer.echo(f"  note          {note}")
    if lack := _lack(entry):
        typer.secho(f"  not offered   {lack}", fg="yellow")


def _about(modality: str, note: str) -> str:
    about = "; ".join(filter(None, (modality if modality != "text" else "", note)))
    return f" ({about})" if about else ""


def _opened(entry: "Entry") -> str:
    return f", opened by {', '.join(entry.variables)}" if entry.variables else ""


def _lack(entry: "Entry") -> str | None:
    return f"it {entry.unusable}" if entry.unusable else entry.lacks


def _example(entry: "Entry") -> str:
    """A command that asks for it in its own words, with a file or a text for all that it must have."""
    from tools.values import choices

    row, files, said = entry.row(), "", ""
    sample = {"image": "picture.png", "audio": "sound.wav", "video": "film.mp4", "table": "table.csv"}
    for slot in row.required:
        if slot.modality != "text":
            files += f" -i {sample[slot.modality]}"
        elif slot.schema and (listed := choices(slot.schema)):
            said += f", {slot.name} {listed[0]}"
        else:
            said += (
                f", {slot.name} 5" if slot.schema and slot.schema.get("type") in ("number", "integer") else ": '...'"
            )
    purpose = entry.purpose[:1].upper() + entry.purpose[1:]
    return f'hugginggpt ask "{purpose}{said}"{files}'


def _pairs(texts: list[str], between: str) -> dict[str, str]:
    """Names and values as they are written on a command line. Raises ConfigError."""
    from tools.errors import ConfigError

    pairs = [text.partition(between) for text in texts]
    if any(not mark for _, mark, _ in pairs):
        raise ConfigError("Write a header as 'Name: ${MY_VARIABLE}'.")
    return {name.strip(): value.strip() for name, _, value in pairs}
