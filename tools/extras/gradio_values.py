"""What Gradio's components take and give, in our terms."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gradio_client import handle_file

from tools.extras.entry import Parameter
from tools.extras.schema import parameter
from tools.files import artifacts, media
from tools.files.formats import EXTENSIONS
from tools.protocol import Media
from tools.tasks import Modality

_TAKEN: dict[str, Modality] = {
    "image": "image", "imageeditor": "image", "gallery": "image", "audio": "audio", "video": "video",
    "dataframe": "table",
}  # fmt: skip
_GIVEN: dict[str, Modality] = {
    "image": "image", "imageeditor": "image", "annotatedimage": "image", "imageslider": "image", "gallery": "image",
    "audio": "audio", "video": "video",
}  # fmt: skip
_FILES = frozenset({"file", "uploadbutton"})
_FORMS = {"gallery": "gallery", "dataframe": "dataframe", "imageeditor": "editor", "multimodaltextbox": "message"}
_HIDDEN = frozenset({"model3d", "state", "dataset", "browserstate", "timer"})  # neither shown nor told
Fetch = Callable[[dict[str, Any]], object]  # from what a component says of a file to what it holds
_SIMPLE = frozenset({"string", "number", "integer", "boolean", "array"})


def slot(about: dict[str, Any], component: dict[str, Any]) -> Parameter | None:
    """The parameter for a component, by what the API says of it and its properties; None where there can be none."""
    kind, schema = about["component"].lower(), dict(about["type"])
    medium = _of_files(component) if kind in _FILES else _TAKEN.get(kind)
    if medium:
        schema = {"type": "string"}
    elif kind == "json":
        schema = {"type": ["object", "array"]}
    elif kind == "multimodaltextbox":
        schema = {"type": "string"}
    elif str(schema.get("type")) not in _SIMPLE:
        return None
    several = kind == "gallery" or component.get("file_count") == "multiple"
    schema = _bounded(schema, component)
    said = str(about["label"])
    named = said.startswith("parameter_") or said.casefold() == about["parameter_name"].casefold()
    full_schema = ({"type": "array", "items": schema} if several else schema) | {"description": "" if named else said}
    required = not about["parameter_has_default"] or kind in {"gallery", "dataframe", "multimodaltextbox"}
    argument = parameter(about["parameter_name"], full_schema, required=required, modality=medium or "text")
    return argument.model_copy(update={"form": "file" if kind in _FILES else _FORMS.get(kind, "")})


def medium(component: str) -> Modality | None:
    """The medium that a component shows, if it shows one."""
    return _GIVEN.get(component.lower())


def shown(component: str) -> bool:
    """Whether what a component holds can be shown here."""
    return component.lower() not in _HIDDEN


def sent(slot: Parameter, value: Any, folder: Path) -> Any:  # noqa: ANN401 - what the component takes
    """The value as its component takes it; what is to be uploaded is written into the folder."""
    if slot.form == "message":
        return {"text": value, "files": []}
    if slot.form == "dataframe":
        columns = media.table(Path(value))
        return {
            "headers": list(columns),
            "data": list(map(list, zip(*columns.values(), strict=True))),
            "metadata": None,
        }
    if slot.modality == "text" and slot.form != "file":
        return value
    items = value if slot.many else [value]
    files = [_upload(item, slot, folder / f"{slot.name}-{number}") for number, item in enumerate(items)]
    if slot.form == "gallery":
        return [{"image": file, "caption": None} for file in files]
    if slot.form == "editor":
        return {"background": files[0], "layers": [], "composite": files[0]}
    return files if slot.many else files[0]


def received(kinds: Sequence[str], values: Sequence[Any], fetch: Fetch) -> Iterator[object]:
    """The components' values with every file of theirs fetched; those that cannot be shown left out."""
    for kind, value in zip(map(str.lower, kinds), values, strict=False):
        if value is None or kind in _HIDDEN or (isinstance(value, dict) and set(value) == {"__type__"}):
            continue  # empty, or an update of the app's page alone
        yield from _READERS.get(kind, _with_files)(value, fetch)


def _with_files(value: Any, fetch: Fetch) -> Iterator[object]:  # noqa: ANN401 - what an app gives
    """Any value with its files fetched, however deep they lie; whatever else stands beside them."""
    if _is_file(value):
        yield fetch(value)
    elif isinstance(value, list) and any(map(_holds_file, value)):
        for item in value:
            yield from _with_files(item, fetch)
    elif isinstance(value, dict) and any(map(_holds_file, value.values())):
        for item in value.values():
            yield from _with_files(item, fetch) if _holds_file(item) else ()
    else:
        yield value


def _file(value: Any, fetch: Fetch) -> Iterator[object]:  # noqa: ANN401 - likewise
    """Files by their names, and what they hold."""
    for file in value if isinstance(value, list) else [value]:
        yield str(file.get("orig_name") or Path(str(file.get("path"))).name)
        yield fetch(file)


def _label(value: Any, _fetch: Fetch) -> Iterator[object]:  # noqa: ANN401 - likewise
    yield value.get("label")
    rows = [{"label": guess["label"], "score": guess["confidence"]} for guess in value.get("confidences") or []]
    yield rows or None


def _table(value: Any, _fetch: Fetch) -> Iterator[object]:  # noqa: ANN401 - likewise
    """A table as CSV and as rows by the names of their columns."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([value["headers"], *value["data"]])
    yield lines.getvalue().rstrip()
    yield [dict(zip(map(str, value["headers"]), row, strict=False)) for row in value["data"]]


def _annotated(value: Any, fetch: Fetch) -> Iterator[object]:  # noqa: ANN401 - likewise
    """The picture, and what is marked in it."""
    yield fetch(value["image"])
    yield ", ".join(str(mark["label"]) for mark in value["annotations"]) or None


def _words(value: Any, _fetch: Fetch) -> Iterator[object]:  # noqa: ANN401 - likewise
    yield "".join(str(word["token"]) for word in value)
    yield [word for word in value if word.get("class_or_confidence") is not None] or None


def _last_message(value: Any, fetch: Fetch) -> Iterator[object]:  # noqa: ANN401 - likewise
    content = value[-1]["content"] if value else None
    for part in content if isinstance(content, list) else [content]:
        yield from [part["text"]] if isinstance(part, dict) and "text" in part else _with_files(part, fetch)


def _plot(value: Any, fetch: Fetch) -> Iterator[object]:  # noqa: ANN401 - likewise
    """A drawn plot as its picture; one that a page would draw as its data."""
    yield fetch({"url": value["plot"]}) if str(value["plot"]).startswith("data:") else value


_READERS: dict[str, Callable[[Any, Fetch], Iterator[object]]] = {
    "file": _file, "downloadbutton": _file, "label": _label, "dataframe": _table, "annotatedimage": _annotated,
    "highlightedtext": _words, "chatbot": _last_message, "plot": _plot,
}  # fmt: skip


def _is_file(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("path"), str) and "meta" in value


def _holds_file(value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return _is_file(value) or any(map(_holds_file, inner))


def _upload(medium: Media | str, slot: Parameter, stem: Path) -> Any:  # noqa: ANN401 - gradio_client ships no types
    """A medium as a file to be uploaded: a video or table as it is, what is decoded, or a text, written first."""
    if isinstance(medium, str) and slot.modality != "text":
        return handle_file(medium)
    extension, content = (".txt", medium.encode()) if isinstance(medium, str) else artifacts.encode(medium)
    path = stem.with_suffix(extension)
    path.write_bytes(content)
    return handle_file(str(path))


def _of_files(component: dict[str, Any]) -> Modality:
    """What a component for files is for, by the first type that it names; a text where it names none."""
    for name in component.get("file_types") or []:
        if modality := EXTENSIONS.get(f".{name.lstrip('.')}") or _TAKEN.get(name):
            return modality
    return "text"


def _bounded(schema: dict[str, Any], component: dict[str, Any]) -> dict[str, Any]:
    """A number's schema with the bounds that its component shows on the page."""
    if schema.get("type") not in ("number", "integer"):
        return schema
    bounds = {name: component[name] for name in ("minimum", "maximum") if component.get(name) is not None}
    integral = schema["type"] == "number" and component.get("precision") == 0
    return {**schema, **bounds, "type": "integer" if integral else schema["type"], "description": ""}
