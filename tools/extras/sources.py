"""The places of added tools: asked what they offer, called within limits, compared with what they once offered."""

import asyncio
import importlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, cast

from tools.errors import ConfigError, HuggingGPTError, ModelError, ModelTimeout, ModelUnavailable
from tools.extras.entry import Entry
from tools.extras.place import Kind, Place
from tools.install import command
from tools.protocol import Output
from tools.settings import settings

_MODULES: dict[Kind, str] = {"function": "function", "mcp": "mcp_server", "gradio": "gradio_app"}


class Source(Protocol):
    """What each kind's module can do."""

    async def describe(self, place: Place) -> Sequence[Entry]:
        """What the place offers. Raises HuggingGPTError, or what the place's own client raises."""
        ...

    async def run(self, entry: Entry, inputs: dict[str, Any]) -> Output:
        """One call. Raises HuggingGPTError, or what the place's own client raises."""
        ...


def guess(source: str) -> Kind:
    """What a source is by its form: module:function, OWNER/SPACE, a link (to an MCP server if it ends in /mcp)."""
    if source.startswith(("http://", "https://")):
        return "mcp" if re.split(r"[?#]", source)[0].rstrip("/").endswith(("/mcp", "/sse")) else "gradio"
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", source):
        return "function"
    return "gradio" if re.fullmatch(r"[\w.-]+/[\w.-]+", source) and not Path(source).exists() else "mcp"


async def describe(place: Place) -> Sequence[Entry]:
    """What a place offers, within the time of a download. Raises HuggingGPTError."""
    source = await asyncio.to_thread(_module, place.kind)
    _check_variables(place, place.source)
    async with _bounded(place, place.source, settings().fetch_timeout):
        return await source.describe(place)


async def call(entry: Entry, inputs: dict[str, Any]) -> Output:
    """Call a tool once, within the time that a remote model may take.

    Raises:
        InputError: an argument does not fit.
        ConfigError: a variable is not set.
        ModelError: it failed; if the tool is no longer what was written down of it, the message says so.
    """
    source = await asyncio.to_thread(_module, entry.kind)
    _check_variables(entry, entry.name)
    try:
        async with _bounded(entry, entry.name, settings().endpoint_timeout):
            return await source.run(entry, inputs)
    except (ModelTimeout, ModelUnavailable):
        raise
    except ModelError as error:
        if changed := await _changed(entry):
            raise ModelUnavailable(f"{changed} ({error})") from error
        raise


async def _changed(entry: Entry) -> str | None:
    """How the tool differs from what was written down of it, or None: asked only once it has failed."""
    try:
        entries = {offered.tool: offered for offered in await describe(entry)}
    except HuggingGPTError:
        return None
    now = entries.get(entry.tool)
    again = f"run `hugginggpt tools remove {entry.name}` and add it again"
    if now is None:
        return f"{entry.source} no longer offers {entry.tool}; it has {', '.join(entries) or 'nothing'}: {again}."
    if (was := _signature(entry)) != (takes := _signature(now)):
        return f"{entry.name} has changed since it was added, from ({was}) to ({takes}): {again}."
    return None


def _signature(entry: Entry) -> str:
    return ", ".join(
        f"{slot.parameter}{'' if slot.required else '?'}: {slot.json_schema.get('type', slot.modality)}"
        for slot in entry.slots
    )


def _module(kind: Kind) -> Source:
    """The module for a kind. Its client is imported here: never on the event loop for the first time."""
    try:
        return cast("Source", importlib.import_module(f"tools.extras.{_MODULES[kind]}"))
    except ModuleNotFoundError as error:
        raise ConfigError(f"This needs the package {error.name}; install it with: {command('tools')}.") from error


def _check_variables(place: Place, name: str) -> None:
    if place.lacks:
        raise ConfigError(f"{name} cannot be opened: {place.lacks}; export it first.")


@asynccontextmanager
async def _bounded(place: Place, name: str, limit: float) -> AsyncIterator[None]:
    """At most ``limit`` seconds with a stranger's code, and what it raises in one line without secrets."""
    try:
        async with asyncio.timeout(limit):
            yield
    except TimeoutError:
        raise ModelTimeout(f"{name} took longer than {limit:g} s.") from None
    except Exception as error:
        failure = _failure(place, name, error)
        failure.args = tuple(map(place.masked, failure.args))
        if failure is error:
            raise
        raise failure from (None if place.variables else error)  # a cause may quote what was sent


def _failure(place: Place, name: str, error: BaseException) -> HuggingGPTError:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, HuggingGPTError):
        return error
    kind = type(error).__name__
    if isinstance(error, OSError) or "Connect" in kind:
        where = "" if name == place.source else f" at {place.source}"
        return ModelUnavailable(f"{name} cannot be reached{where}; see that it is there and running.")
    return ModelError(f"{name} failed: {kind}: {' '.join(str(error).split())[:300]}")
