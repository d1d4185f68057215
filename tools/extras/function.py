"""A Python function with a docstring: its signature tells the slots, its type hints their modalities."""

import asyncio
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from PIL.Image import Image
from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError

from tools.backends.base import Audio, Output, Video
from tools.errors import ConfigError
from tools.extras.entry import Entry, Parameter, described, gathered, made, parameter
from tools.settings import settings
from tools.tasks import Modality

_MEDIA: dict[object, Modality] = {Image: "image", Audio: "audio", Video: "video"}


async def describe(source: str) -> Sequence[Entry]:
    """The one entry for ``module:function``. Raises ConfigError."""
    return [await asyncio.to_thread(_describe, source)]


async def run(entry: Entry, inputs: dict[str, Any]) -> Output:
    """Call it: on the event loop where it is a coroutine function, else in a thread."""
    function = await asyncio.to_thread(_find, entry.source)
    arguments = entry.arguments(inputs)
    if inspect.iscoroutinefunction(function):
        value = await function(**arguments)
    else:
        value = await asyncio.to_thread(function, **arguments)
    return gathered(value if isinstance(value, tuple) else [value])


def _describe(source: str) -> Entry:
    function = _find(source)
    about = inspect.getdoc(function)
    if not about:
        raise ConfigError(f"{source} has no docstring; say in one sentence what it does.")
    try:
        hints = get_type_hints(function, include_extras=True)
        slots = [
            _parameter(each, hints.get(each.name, str)) for each in inspect.signature(function).parameters.values()
        ]
    except (NameError, TypeError, PydanticSchemaGenerationError) as error:
        raise ConfigError(f"The type hints of {source} cannot be used: {str(error).partition(chr(10))[0]}") from error
    given = hints.get("return", str)
    outputs = made(_medium(part) for part in (get_args(given) if get_origin(given) is tuple else [given]))
    return described("function", source, function.__name__, about, outputs=outputs, slots=tuple(slots))


def _parameter(given: inspect.Parameter, hint: Any) -> Parameter:  # noqa: ANN401 - a type hint
    if given.kind not in {given.POSITIONAL_OR_KEYWORD, given.KEYWORD_ONLY}:
        raise TypeError(f"{given} is no argument with a name of its own")
    parts = list(_parts(hint))
    said = [part for part in parts if isinstance(part, str)]
    modality = _medium(hint)
    schema: dict[str, Any] = {"type": "string"} if modality else TypeAdapter(hint).json_schema()
    if modality and any(get_origin(part) is list for part in parts):
        schema = {"type": "array", "items": schema}
    schema |= {"description": said[0]} if said and get_origin(hint) is Annotated else {}
    return parameter(given.name, schema, required=given.default is given.empty, modality=modality or "text")


def _medium(hint: object) -> Modality | None:
    return next((modality for part in _parts(hint) for kind, modality in _MEDIA.items() if part is kind), None)


def _parts(hint: object) -> Iterator[object]:
    """A type hint and all that it is made of: Image | None, list[Image], Annotated[Image, "..."]."""
    yield hint
    for part in get_args(hint):
        yield from _parts(part)


def _find(source: str) -> Callable[..., Any]:
    """The function; its module may stand beside the file of tools."""
    module, _, name = source.partition(":")
    folder = str(settings().extras.absolute().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{source} cannot be imported from here: {error}") from error
    if not inspect.isroutine(found):
        raise ConfigError(f"{source} is not a function.")
    return found
