"""A Python function with a docstring: its signature tells the slots, its type hints their modalities."""

import asyncio
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from PIL.Image import Image
from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from tools.daemons import aside
from tools.errors import ConfigError, InputError
from tools.extras.entry import Entry, Parameter
from tools.extras.place import Place
from tools.extras.results import gathered, made
from tools.extras.schema import parameter
from tools.extras.wording import described
from tools.protocol import Audio, Output, Video
from tools.settings import settings
from tools.tasks import Modality

_MEDIA: dict[object, Modality] = {Image: "image", Audio: "audio", Video: "video"}
_ARGUMENT = re.compile(r"^[ \t]+(\w+)(?: \([^)]*\))?:[ \t]+(\S.*)$", re.M)  # a line below "Args:"


async def describe(place: Place) -> Sequence[Entry]:
    """The one entry for ``module:function``. Raises ConfigError."""
    return [await aside(partial(_describe, place), "extra")]


async def run(entry: Entry, inputs: dict[str, Any]) -> Output:
    """Call it in a thread that may be left behind; a coroutine function, on a loop of its own, is cancelled with us."""
    given_up: Future[None] = Future()
    try:
        return await aside(partial(_run, entry, inputs, given_up), "extra")
    finally:
        given_up.cancel()


def _run(entry: Entry, inputs: dict[str, Any], given_up: "Future[None]") -> Output:
    function = _find(entry.source)
    hints = get_type_hints(function, include_extras=True)
    arguments = {name: _typed(name, value, hints.get(name)) for name, value in entry.arguments(inputs).items()}
    value = function(**arguments)
    if inspect.iscoroutine(value):
        value = asyncio.run(_unless(given_up, value))
    return gathered(value if isinstance(value, tuple) else [value], entry)


async def _unless(given_up: "Future[None]", work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - what the function gives
    task, nobody_waits = asyncio.create_task(work), asyncio.wrap_future(given_up)
    await asyncio.wait({task, nobody_waits}, return_when=asyncio.FIRST_COMPLETED)
    nobody_waits.cancel()  # else it would be told on a loop that is closed
    if not task.done():
        task.cancel()
    return await task


def _typed(name: str, value: Any, hint: Any) -> Any:  # noqa: ANN401 - what the function wants
    """A value as its type hint wants it: a member of an enumeration, a date, a model."""
    if hint is None or _medium(hint):
        return value
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        raise InputError(f"{name} cannot be {str(value)[:60]!r}: {error.errors()[0]['msg']}.") from None


def _describe(place: Place) -> Entry:
    function = _find(place.source)
    about = inspect.getdoc(function)
    if not about:
        raise ConfigError(f"{place.source} has no docstring; say in one sentence what it does.")
    said = dict(_ARGUMENT.findall(about.partition("Args:")[2]))
    try:
        hints = get_type_hints(function, include_extras=True)
        parameters = inspect.signature(function).parameters.values()
        slots = tuple(_parameter(argument, hints.get(argument.name, str), said) for argument in parameters)
    except (NameError, TypeError, PydanticSchemaGenerationError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"The type hints of {place.source} cannot be used: {reason}") from error
    result = hints.get("return", str)
    outputs = made(_medium(part) for part in (get_args(result) if get_origin(result) is tuple else [result]))
    return described(place, function.__name__, about, outputs=outputs, slots=slots)


def _parameter(argument: inspect.Parameter, hint: Any, said: Mapping[str, str]) -> Parameter:  # noqa: ANN401 - a type hint
    if argument.kind not in {argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY}:
        raise TypeError(f"{argument} is no argument with a name of its own")
    parts = list(_parts(hint))
    notes = [part for part in parts if isinstance(part, str)] if get_origin(hint) is Annotated else []
    modality = _medium(hint)
    schema: dict[str, Any] = {"type": "string"} if modality else TypeAdapter(hint).json_schema()
    if modality and any(get_origin(part) is list for part in parts):
        schema = {"type": "array", "items": schema}
    note = next(iter([*notes, said.get(argument.name, "")]))
    schema |= {"description": note} if note else {}
    return parameter(argument.name, schema, required=argument.default is argument.empty, modality=modality or "text")


def _medium(hint: object) -> Modality | None:
    return next((modality for part in _parts(hint) for kind, modality in _MEDIA.items() if part is kind), None)


def _parts(hint: object) -> Iterator[object]:
    """A type hint and all that it is made of: Image | None, list[Image], Annotated[Image, "..."]."""
    yield hint
    for part in get_args(hint):
        yield from _parts(part)


def _find(source: str) -> Callable[..., Any]:
    """The function, also within a LangChain tool; its module may stand beside the file of tools."""
    module, _, name = source.partition(":")
    folder = str(settings().extras.absolute().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        function = getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever the owner's module does when it is imported
        raise ConfigError(f"{source} cannot be imported from here: {type(error).__name__}: {error}.") from error
    function = getattr(function, "func", None) or getattr(function, "coroutine", None) or function
    if not inspect.isroutine(function):
        raise ConfigError(f"{source} is not a function.")
    return function
