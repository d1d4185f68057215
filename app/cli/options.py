"""The options that commands share, and what they mean for a run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from upath import UPath

from tools.errors import ConfigError
from tools.settings import override, settings

if TYPE_CHECKING:
    from graph.context import Context

RequestText = Annotated[str, typer.Argument(help="What you want, in your own words.", show_default=False)]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="FILE", help="A file, link or data URI; may be given several times."),
]
Out = Annotated[
    str | None,
    typer.Option(metavar="FOLDER", help="Where results go, a folder or s3://bucket/folder.", show_default="outputs"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")]
Mode = Annotated[
    str | None, typer.Option(help="Where models run: auto, local, endpoint or hybrid.", show_default="auto")
]
Llm = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Controller: auto, offline, or provider:model such as openai:gpt-4o-mini."),
]
BaseUrl = Annotated[str | None, typer.Option(metavar="URL", help="OpenAI-compatible server of the controller.")]
Select = Annotated[str | None, typer.Option(help="Who chooses models: llm or rank.", show_default="llm")]
TopK = Annotated[int | None, typer.Option(metavar="N", help="How many candidates to choose among.", show_default="5")]
Approve = Annotated[
    bool | None,
    typer.Option(
        "--approve/--no-approve",
        help="Ask before anything runs; or never, not even before added tools that may change something outside.",
        show_default=False,
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Run everything anew.")]
How = Annotated[bool, typer.Option("--how", help="Show the plan, the models and when what ran, too.")]
Open = Annotated[bool, typer.Option("--open", help="Open what is made.")]
Thread = Annotated[str | None, typer.Option(metavar="ID", help="Continue this conversation.", show_default=False)]


def greet(words: str = "Thinking", *, quiet: bool = False) -> None:
    """Something to see while the program is still being loaded; what comes next is written over it."""
    if sys.stderr.isatty() and not quiet:
        sys.stderr.write(f"{words} ...\r")
        sys.stderr.flush()


def approval(approve: bool | None) -> str | None:
    """What ``--approve`` and ``--no-approve`` stand for; without either the default holds."""
    return None if approve is None else "always" if approve else "never"


def run_options(**given: object) -> "Context":
    """The run's options, validated; what was not given keeps its default."""
    from graph.context import Context

    try:
        return Context(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}.") from error


def configure(out: str | None = None, base_url: str | None = None) -> None:
    """Make what the command line says the settings of this process."""
    override(out=UPath(out).expanduser() if out else None, base_url=base_url)


def allow(request: str, inputs: list[str]) -> None:
    """Let the files named here be read wherever they lie: who types a path may read it anyway."""
    from tools.files.content import mentioned

    named = [path for path in map(_path, mentioned(request)) if path and path.is_file()]
    given = [path for path in map(_path, inputs) if path]
    override(folders=[*settings().folders, *given, *named])


def _path(reference: str) -> Path | None:
    """The local path that a reference stands for, if it is one."""
    name = reference.removeprefix("file://")
    return None if "://" in name or name.startswith("data:") else Path(name).expanduser().absolute()
