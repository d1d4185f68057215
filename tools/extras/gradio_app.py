"""Endpoints of a Gradio app: a Space of the Hub by OWNER/NAME, or any app by its address."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gradio_client import Client, handle_file

from tools import artifacts, inputs, media
from tools.backends.base import Media, Output
from tools.backends.endpoint import codec
from tools.errors import ModelTimeout
from tools.extras.entry import Entry, Parameter, described, gathered, made, parameter
from tools.fetch import guard
from tools.resources import modality
from tools.settings import settings
from tools.tasks import Modality

_COMPONENTS: dict[str, Modality] = {
    "image": "image", "imageeditor": "image", "annotatedimage": "image", "imageslider": "image", "gallery": "image",
    "audio": "audio", "video": "video",
}  # fmt: skip


async def describe(source: str) -> Sequence[Entry]:
    """An entry for each named endpoint."""
    return await asyncio.to_thread(_describe, source)


async def run(entry: Entry, inputs: dict[str, Any]) -> Output:
    """Send the inputs, wait, and fetch the files made, by the same guarded way as any link."""
    return await asyncio.to_thread(_run, entry, inputs)


def _describe(source: str) -> list[Entry]:
    with _connected(source) as client:
        api = client.view_api(print_info=False, return_format="dict")
    found = api["named_endpoints"] if isinstance(api, dict) else {}
    return [_entry(source, name, about) for name, about in found.items()]


def _entry(source: str, endpoint: str, about: dict[str, Any]) -> Entry:
    outputs = made(_COMPONENTS.get(each["component"].lower()) for each in about["returns"])
    slots = tuple(map(_parameter, about["parameters"]))
    return described("gradio", source, endpoint, about.get("description") or "", outputs=outputs, slots=slots)


def _parameter(about: dict[str, Any]) -> Parameter:
    medium = _COMPONENTS.get(about["component"].lower(), "text")
    said = str(about["label"])
    label = {} if said.startswith("parameter_") or said == about["parameter_name"] else {"description": said}
    schema = {**about["type"], **label} if medium == "text" else {"type": "string", **label}
    return parameter(about["parameter_name"], schema, required=not about["parameter_has_default"], modality=medium)


@contextmanager
def _connected(source: str) -> Iterator[Client]:
    """A client that sends no token and downloads nothing by itself, closed at the end."""
    if source.startswith(("http://", "https://")):
        guard(source)
    client = Client(
        source,
        token=False,  # None would send the user's Hub token to whoever runs the app
        verbose=False,
        download_files=False,
        analytics_enabled=False,
        httpx_kwargs={"timeout": settings().fetch_timeout},
    )
    try:
        guard(client.src_prefixed)  # the app itself says where its API is
        yield client
    finally:
        client.close()


def _run(entry: Entry, given: dict[str, Any]) -> Output:
    with tempfile.TemporaryDirectory() as folder, _connected(entry.source) as client:
        arguments = entry.arguments(given)
        for slot in entry.slots:
            if slot.modality != "text" and slot.name in given:
                arguments[slot.parameter] = handle_file(_file(given[slot.name], Path(folder) / slot.name))
        job = client.submit(api_name=entry.tool, **arguments)
        try:
            value = job.result(timeout=settings().endpoint_timeout)
        except TimeoutError:
            job.cancel()
            raise ModelTimeout(f"{entry.source} took longer than {settings().endpoint_timeout:g} s.") from None
    return gathered(_fetched(value if isinstance(value, tuple) else (value,)))


def _file(medium: Media | str, stem: Path) -> str:
    """The path of a medium; what is decoded is written first."""
    if isinstance(medium, str):
        return medium
    extension, content = artifacts.encode(medium)
    path = stem.with_suffix(extension)
    path.write_bytes(content)
    return str(path)


def _fetched(values: Sequence[Any]) -> Iterator[object]:
    """The values with every file of theirs fetched and decoded."""
    for value in values:
        if isinstance(value, dict) and value.get("url") and value.get("path"):
            yield _decoded(asyncio.run(inputs.from_link(value["url"])))
        elif isinstance(value, list) and value and all(isinstance(each, dict) and "image" in each for each in value):
            yield from _fetched([each["image"] for each in value])  # a gallery
        elif isinstance(value, dict) and set(value) == {"__type__"}:
            continue  # an update of the app's page alone
        else:
            yield value


def _decoded(path: str) -> object:
    kind = modality(path)
    if kind == "video":
        return codec.video(Path(path).read_bytes())
    reader = {"image": media.image, "audio": media.audio}.get(kind, media.text)
    return reader(Path(path))
