"""Task types that the owner added, from one small TOML file: functions, MCP tools, Gradio apps and Spaces.

``add`` asks the source what it can do and writes the answer down, so that planning needs no network. The file may
be edited: ``words`` are the phrases that ask for a task, ``purpose`` is what planners are told.
"""

import asyncio
import importlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, cast

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from tools.backends.base import Output
from tools.errors import ConfigError, HuggingGPTError, ModelError, ModelTimeout, ModelUnavailable
from tools.extras.entry import Entry, Kind
from tools.settings import Settings, settings
from tools.tasks import TASKS

_MODULES: dict[Kind, str] = {"function": "function", "mcp": "mcp_server", "gradio": "gradio_app"}
_added: dict[str, Entry] = {}


class Source(Protocol):
    """What each kind's module can do."""

    async def describe(self, source: str) -> Sequence[Entry]:
        """What the source offers. Raises HuggingGPTError."""
        ...

    async def run(self, entry: Entry, inputs: dict[str, Any]) -> Output:
        """One call. Raises HuggingGPTError, or what the source's own client raises."""
        ...


def source_of(kind: Kind) -> Source:
    """The module for a kind. Its client is imported here: never on the event loop for the first time.

    Raises:
        ConfigError: the client's package is not installed.
    """
    try:
        return cast("Source", importlib.import_module(f"tools.extras.{_MODULES[kind]}"))
    except ModuleNotFoundError as error:
        raise ConfigError(f"This needs the package {error.name}; install it with: pip install '.[tools]'.") from error


def entries() -> dict[str, Entry]:
    """The added task types by name."""
    return dict(_added)


def guess(source: str) -> Kind:
    """What a source is by its form: module:function, OWNER/SPACE, a link (to an MCP server if it ends in /mcp)."""
    if source.startswith(("http://", "https://")):
        return "mcp" if source.rstrip("/").endswith(("/mcp", "/sse")) else "gradio"
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", source):
        return "function"
    return "gradio" if re.fullmatch(r"[\w.-]+/[\w.-]+", source) and not Path(source).exists() else "mcp"


def load(path: Path | None = None) -> None:
    """Read the file again and bring the task table up to date. Raises ConfigError."""
    found: dict[str, Entry] = {}
    for number, raw in enumerate(_read(path or settings().extras).get("tools", []), 1):
        try:
            entry = Entry.model_validate(raw)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ConfigError(f"{path or settings().extras}, tool {number}: {where}: {first['msg']}.") from error
        found |= _checked(entry, {name for name in TASKS if name not in _added} | set(found))
    for name in _added:
        TASKS.pop(name)
    _added.clear()
    _offer(found)


async def add(
    source: str, *, kind: Kind | None = None, only: str | None = None, name: str | None = None
) -> list[Entry]:
    """Ask a source what it offers and add it all, or only one of its tools, maybe under another name.

    Raises:
        ConfigError: it cannot be understood, offers nothing, or a name is taken.
        ModelError: it cannot be reached.
    """
    if re.search(r"//[^/]*@|[?&](?:key|token|api_key)=", source):
        raise ConfigError("Leave keys out of the address: it is written into a file and shown in results.")
    module = await asyncio.to_thread(source_of, kind or guess(source))
    async with bounded(source, settings().fetch_timeout):
        found = [entry for entry in await module.describe(source) if only in {None, entry.tool.strip("/"), entry.name}]
    if not found or (name and len(found) > 1):
        what = "offers several tools; choose one by --only" if found else f"offers no tool {only or ''}".rstrip()
        raise ConfigError(f"{source} {what}.")
    found = [entry.model_copy(update={"name": name}) if name else entry for entry in found]
    new: dict[str, Entry] = {}
    for entry in found:
        new |= _checked(Entry.model_validate(entry.model_dump()), {*TASKS, *new})
    await asyncio.to_thread(_append, settings().extras, list(new.values()))
    _offer(new)
    return found


def remove(name: str) -> None:
    """Take a task type out of the file. Raises ConfigError."""
    if name not in _added:
        raise ConfigError(f"{name!r} is no task type that was added. Added: {', '.join(_added) or 'none'}.")
    document = _read(settings().extras)
    names = [each["name"] for each in document.unwrap()["tools"]]
    del cast("AoT", document["tools"])[names.index(name)]
    settings().extras.write_text(tomlkit.dumps(document), encoding="utf-8")
    del _added[name], TASKS[name]


@asynccontextmanager
async def bounded(name: str, limit: float) -> AsyncIterator[None]:
    """At most ``limit`` seconds with a stranger's code, and what it raises in one bounded line. Raises ModelError."""
    try:
        async with asyncio.timeout(limit):
            yield
    except HuggingGPTError:
        raise
    except TimeoutError:
        raise ModelTimeout(f"{name} took longer than {limit:g} s.") from None
    except Exception as error:  # its own errors, and those of the client that talks to it
        raise _failure(name, error) from error


def _failure(name: str, error: BaseException) -> HuggingGPTError:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, HuggingGPTError):
        return error
    kind = type(error).__name__
    if isinstance(error, OSError) or "Connect" in kind:
        return ModelUnavailable(f"{name} cannot be reached; see that it is there and running.")
    return ModelError(f"{name} failed: {kind}: {' '.join(str(error).split())[:300]}")


def _offer(found: dict[str, Entry]) -> None:
    _added.update(found)
    TASKS.update({name: entry.row() for name, entry in found.items()})


def _checked(entry: Entry, taken: set[str]) -> dict[str, Entry]:
    if entry.name in taken:
        raise ConfigError(f"There is a task type {entry.name!r} already; give this one another name (--name).")
    return {entry.name: entry}


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}.") from error
    if not isinstance(document.get("tools", []), list):
        raise ConfigError(f"{path}: write each tool as a table [[tools]], with two pairs of brackets.")
    return document


def _append(path: Path, new: list[Entry]) -> None:
    document = _read(path)
    rows = document.setdefault("tools", tomlkit.aot())
    for entry in new:
        rows.append(tomlkit.item(entry.model_dump(mode="json", exclude_none=True, exclude_defaults=True)))
    try:
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error


load(Settings().extras)  # not settings(): what is set after this import must not be overlooked
