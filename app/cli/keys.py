"""`hugginggpt keys`: the server's keys and links, listed and taken back. A running server follows within seconds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.errors import guarded

File = Annotated[Path, typer.Option(help="The key file.", envvar="HUGGINGGPT_KEYS")]
Name = Annotated[str, typer.Argument(help="A key's letters, as listed, or an owner, to revoke all of theirs.")]
Link = Annotated[str, typer.Argument(help="The whole signed link to a file.")]

app = typer.Typer(help="The server's API keys and signed links.", no_args_is_help=True)


@app.command("list")
@guarded
def show(file: File = Path("keys.json")) -> None:
    """List the keys: the first letters of the hash, the owner, until when."""
    from app.server.keys import listed

    for name, key in listed(file).items():
        until = datetime.fromtimestamp(key.expires, UTC).isoformat(" ", "minutes") if key.expires else "for ever"
        typer.echo(f"{name}  {key.owner:<20}  {until if key.valid else f'expired {until}'}")


@app.command()
@guarded
def revoke(name: Name, file: File = Path("keys.json")) -> None:
    """Take keys back: they open nothing any more."""
    from app.audit import audit
    from app.server.keys import revoke as take_back

    owners = take_back(file, name)
    audit("keys revoked", "", of=owners)
    typer.echo(f"Revoked, of {', '.join(owners)}.")


@app.command()
@guarded
def unlink(link: Link, file: File = Path("keys.json")) -> None:
    """Take one signed link back; the file stays, and other links to it go on opening it."""
    from app.audit import audit
    from app.signing import revoke as take_back

    take_back(file, link)
    audit("link revoked", "")
    typer.echo("Revoked.")
