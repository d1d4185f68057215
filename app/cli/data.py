"""`hugginggpt data`: what is kept, listed, exported and deleted; with the server's environment, the server's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options as o
from app.cli.errors import emit, guarded

if TYPE_CHECKING:
    from app.data.everything import Deleted, Everything
    from app.data.item import Choice, Item

Owner = Annotated[str | None, typer.Option(metavar="NAME", help="Only what is this owner's.", show_default="everybody")]
Older = Annotated[float | None, typer.Option(metavar="DAYS", min=0, help="Only what is older than so many days.")]
Larger = Annotated[float | None, typer.Option(metavar="MB", min=0, help="Only what is larger.")]
MANY = {"reused", "page copy"}  # told by their number alone, unless they are asked for
Kind = Annotated[
    list[str] | None,
    typer.Option(metavar="KIND", help="Only this kind, as `list` names it; may be given several times."),
]

app = typer.Typer(help="What is kept: conversations, files, results for reuse.", no_args_is_help=True)


@app.command("list")
@guarded
def show(
    owner: Owner = None,
    older: Older = None,
    larger: Larger = None,
    kind: Kind = None,
    out: o.Out = None,
    as_json: o.AsJson = False,
) -> None:
    """List what is kept, the oldest first, and how much it is."""
    from app.data.everything import counted, shown

    o.configure(out)
    chosen = _choice(owner, older, larger, kind)
    items = asyncio.run(_items(chosen))
    if as_json:
        emit({"items": [shown(item) for item in items], "kinds": counted(items)})
        return
    for item in items if kind else [item for item in items if item.kind not in MANY]:
        day = datetime.fromtimestamp(item.used, UTC).date()
        typer.echo(f"{day}  {item.kind:<12}  {item.owner or '-':<12}  {_size(item.bytes):>9}  {item.name}")
    for name, much in counted(items).items():
        typer.secho(f"{much['number']} x {name}, {_size(much['bytes'])}", err=True)


@app.command()
@guarded
def export(
    file: Annotated[Path, typer.Argument(help="The zip to write.")],
    owner: Owner = None,
    older: Older = None,
    larger: Larger = None,
    kind: Kind = None,
    out: o.Out = None,
) -> None:
    """Write what is kept to a zip: conversations as JSON, files as they are."""
    from app.audit import audit

    o.configure(out)
    audit("export", "", of=owner)
    asyncio.run(_export(_choice(owner, older, larger, kind), file))
    typer.echo(file)


@app.command()
@guarded
def delete(
    owner: Owner = None,
    older: Older = None,
    larger: Larger = None,
    kind: Kind = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    out: o.Out = None,
    as_json: o.AsJson = False,
) -> None:
    """Delete what is kept, for good: files with their provenance, conversations with every checkpoint."""
    from app.audit import audit
    from app.data.everything import counted

    o.configure(out)
    chosen = _choice(owner, older, larger, kind)
    if not yes:
        much = counted(asyncio.run(_items(chosen)))
        parts = [f"{some['number']} x {name} ({_size(some['bytes'])})" for name, some in much.items()]
        typer.confirm(f"Delete for good: {', '.join(parts) or 'nothing'}?", abort=True, err=True)
    deleted = asyncio.run(_delete(chosen))
    audit("delete", "", of=owner, **deleted.to_json())
    if as_json:
        emit(deleted.to_json())
        return
    for name, much in deleted.to_json()["deleted"].items():
        typer.echo(f"Deleted: {much['number']} x {name}, {_size(much['bytes'])}.")
    for item in deleted.busy:
        typer.secho(f"Kept, as a request runs in it: {item.name}", err=True)


def _choice(owner: str | None, older: float | None, larger: float | None, kinds: list[str] | None) -> "Choice":
    from app.data.everything import KINDS
    from app.data.item import Choice
    from tools.errors import InputError
    from tools.settings import Owner as Known

    if owner is not None:
        Known(owner)
    if unknown := set(kinds or []) - set(KINDS):
        raise InputError(f"There is no kind {sorted(unknown)[0]!r}; the kinds are {', '.join(KINDS)}.")
    return Choice(owner, older, None if larger is None else int(larger * 1e6), frozenset(kinds or []))


@asynccontextmanager
async def _kept() -> AsyncIterator["Everything"]:
    from app.checkpoints import memory
    from app.data.everything import Everything

    async with memory() as opened:
        yield Everything(opened)


async def _items(chosen: "Choice") -> "list[Item]":
    async with _kept() as kept:
        return await kept.items(chosen)


async def _delete(chosen: "Choice") -> "Deleted":
    async with _kept() as kept:
        return await kept.delete(chosen)


async def _export(chosen: "Choice", file: Path) -> None:
    async with _kept() as kept:
        with file.open("wb") as target:
            async for piece in kept.exported(chosen):
                target.write(piece)


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
