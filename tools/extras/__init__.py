"""Task types that the owner added, from one small TOML file: functions, MCP tools, Gradio apps and Spaces.

``add`` asks the source what it can do and writes the answer down, so that planning needs no network. The file may
be edited: ``words`` are the phrases that ask for a task, ``purpose`` is what planners are told.
"""

import asyncio
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from tools.errors import ConfigError
from tools.extras import file, sources
from tools.extras.entry import Entry
from tools.extras.place import Kind, Place
from tools.settings import Settings, settings
from tools.tasks import TASKS
from tools.values import complaint

_added: dict[str, Entry] = {}


def entries() -> dict[str, Entry]:
    """The added task types by name, also those that cannot be used."""
    return dict(_added)


def variables() -> set[str]:
    """The environment variables that hold their secrets."""
    return {name for entry in _added.values() for name in entry.variables}


def load(path: Path | None = None) -> None:
    """Read the file again and bring the task table up to date. Raises ConfigError."""
    core = {name for name in TASKS if name not in _added}
    added: dict[str, Entry] = {}
    for entry in file.entries(path or settings().extras):
        added |= _named(entry, {*core, *added})
    for name in _added:
        TASKS.pop(name, None)
    _added.clear()
    _offer(added)


async def add(
    source: str,
    *,
    kind: Kind | None = None,
    only: str | Sequence[str] = (),
    name: str | None = None,
    token: str | None = None,
    login: str | None = None,
    headers: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> list[Entry]:
    """Ask a source what it offers and add it all, or only some of its tools, or one under another name.

    ``token`` is ``env:NAME``, and ``${NAME}`` in the others stands for a variable too: see ``Place``.

    Raises:
        ConfigError: it cannot be understood, offers nothing, or a name is taken.
        ModelError: it cannot be reached.
    """
    opening = {"token": token, "login": login, "headers": dict(headers or {}), "env": dict(env or {})}
    place = file.checked(Place, {"source": source, "kind": kind or sources.guess(source), **opening}, "Not added")
    chosen = _chosen(source, await sources.describe(place), [only] if isinstance(only, str) else list(only), name)
    new: dict[str, Entry] = {}
    for entry in chosen:
        new |= _named(file.checked(Entry, entry.model_dump(), "Not added"), {*TASKS, *_added, *new})
    await asyncio.to_thread(file.append, settings().extras, list(new.values()))
    await asyncio.to_thread(_offer, new)
    return list(new.values())


def remove(name: str) -> None:
    """Take a task type out of the file. Raises ConfigError."""
    if name not in _added:
        near = get_close_matches(name, _added, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"added: {', '.join(_added) or 'none'}."
        raise ConfigError(f"{name!r} is no task type that was added; {hint}")
    file.remove(settings().extras, name)
    del _added[name]
    TASKS.pop(name, None)


def _chosen(source: str, offered: Sequence[Entry], only: Sequence[str], name: str | None) -> list[Entry]:
    """The tools that are wanted of those offered. Raises ConfigError."""
    known = {entry.tool.strip("/") or entry.name: entry for entry in offered}
    if unknown := [tool for tool in only if tool.strip("/") not in known]:
        raise ConfigError(f"{source} offers no tool {', '.join(unknown)}; it has {', '.join(known) or 'none'}.")
    chosen = [known[tool.strip("/")] for tool in only] if only else list(offered)
    usable = [entry for entry in chosen if not entry.unusable]
    if not usable:
        raise ConfigError(
            "; ".join(f"{entry.tool or entry.name} {entry.unusable}" for entry in chosen) + "."
            if chosen
            else f"{source} offers no tool."
        )
    if name and len(usable) > 1:
        raise ConfigError(f"{source} offers several tools; choose one by --only: {', '.join(known)}.")
    return [usable[0].model_copy(update={"name": name})] if name else chosen


def _named(entry: Entry, taken: set[str]) -> dict[str, Entry]:
    if entry.name in taken:
        which = f" --only {entry.tool.strip('/')}" if entry.tool else ""
        raise ConfigError(
            f"There is a task type {entry.name!r} already; give this one another name:{which} --name my-{entry.name}."
        )
    return {entry.name: entry}


def _offer(added: Mapping[str, Entry]) -> None:
    if added:  # plans are checked by it, and MCP's client checks results: it reads its own files when first asked,
        complaint(None, {})  # which is to be now, and never on an event loop
    _added.update(added)
    TASKS.update({name: entry.row() for name, entry in added.items() if not entry.unusable})


load(Settings().extras)  # not settings(): what is set after this import must not be overlooked
