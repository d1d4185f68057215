"""One task type that the owner added: what it is called, where it lives, what it takes and what it gives."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeGuard, cast, get_args

from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from tools.backends.base import Audio, Output, Video
from tools.errors import InputError
from tools.tasks import MODALITIES, TASKS, Modality, Slot, TaskType

Kind = Literal["function", "mcp", "gradio"]
Type = Literal["string", "integer", "number", "boolean", "json"]

_PARSED: dict[Type, TypeAdapter[Any]] = {
    "integer": TypeAdapter(int),
    "number": TypeAdapter(float),
    "boolean": TypeAdapter(bool),
}
_RESERVED = frozenset({"model", "backend", "config", "run_manager", "callbacks", "self"})
_MEDIA: dict[str, Modality] = {
    "image": "image", "picture": "image", "photo": "image", "audio": "audio", "sound": "audio",
    "recording": "audio", "video": "video",
}  # fmt: skip
_NAMED = re.compile(rf"(?:\w+_)?({'|'.join(_MEDIA)})(?:_(?:url|uri|file|base64|b64|data|bytes))?$", re.I)
_MADE = re.compile(
    rf"\b(?:returns?|gives?|draws?|makes?|creates?|generates?|renders?|produces?)\s(?:[\w-]+\s){{0,3}}?({'|'.join(_MEDIA)})\b",
    re.I,
)
_HOLLOW = re.compile(
    r"(?:an?|and|api|are|as|at|by|call|compute|do|each|find|fn|for|from|get|given|has|in|into|is|its?|lambda|list|make|of|on|or|out"
    r"|predict|process|returns?|run|set|show|submit|tell|that|the|their|this|to|tool|use|with|\w{1,2})"
)


class Parameter(BaseModel):
    """One argument: ``name`` in plans, ``parameter`` where it is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z]\w*$")
    parameter: str
    modality: Modality = "text"
    type: Type = "string"
    required: bool = True
    many: bool = False
    encoding: Literal["data-uri", "base64"] = "data-uri"  # of a medium within JSON
    note: str = ""

    def value(self, given: Any) -> Any:  # noqa: ANN401 - whatever the slot was given
        """A text as the JSON type that is wanted. Raises InputError."""
        if self.modality != "text" or self.type == "string":
            return given
        try:
            read = _PARSED.get(self.type)
            return read.validate_python(given) if read else TypeAdapter(Any).validate_json(given)
        except ValidationError:
            raise InputError(f"{self.name} takes {self.note or self.type}, not {str(given)[:60]!r}.") from None


class Entry(BaseModel):
    """One task type of the file. ``tool`` is its name at the source: an MCP tool or a Gradio endpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")
    kind: Kind
    source: str = Field(min_length=1)
    tool: str = ""
    purpose: str = Field(min_length=1)
    words: tuple[str, ...] = ()
    outputs: tuple[Modality, ...] = Field(("text",), min_length=1)
    licence: str | None = None
    slots: tuple[Parameter, ...] = ()

    def row(self) -> TaskType:
        """The row of the task table. Nothing is known of what it does inside, so no result is reused."""
        slots = (Slot(each.name, each.modality, each.required, each.many, each.note) for each in self.slots)
        return TaskType(self.name, self.purpose, tuple(slots), self.outputs, self.words, deterministic=False)

    def arguments(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The filled slots under the names and in the types that the source takes. Raises InputError."""
        return {each.parameter: each.value(inputs[each.name]) for each in self.slots if each.name in inputs}


def described(kind: Kind, source: str, tool: str, about: str, **known: Any) -> Entry:  # noqa: ANN401 - Entry's fields
    """An entry from its own name and description, with the words by which people will ask for it."""
    named = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", tool)
    name = re.sub(r"[^a-z0-9]+", "-", named.lower()).strip("-")[:60] or "tool"
    purpose = re.split(r"(?<=[.!?])\s|\n\s*\n", about.strip())[0].strip().rstrip(".")[:200]
    purpose = " ".join(purpose.split()) or name.replace("-", " ")
    purpose = purpose[0].lower() + purpose[1:]
    return Entry(name=name, kind=kind, source=source, tool=tool, purpose=purpose, words=words(name, purpose), **known)


def words(name: str, purpose: str) -> tuple[str, ...]:
    """What asks for it: how its purpose begins, and what stands in its name or leads its purpose and in no other's."""
    common = {word for row in TASKS.values() for text in (*row.words, row.purpose, row.name) for word in _split(text)}
    lead = _split(purpose)[:3]
    single = [word for word in [*_split(name), *lead[:1]] if word not in common and not _HOLLOW.fullmatch(word)]
    return tuple(dict.fromkeys([*single, *([" ".join(lead)] if len(lead) == 3 and set(lead) - common else [])]))


def parameter(name: str, schema: Mapping[str, Any], *, required: bool, modality: Modality | None = None) -> Parameter:
    """An argument from its JSON schema; ``modality`` where the source itself tells it."""
    schema = _bare(schema)
    items = _bare(schema.get("items") or {})
    many = schema.get("type") == "array" and items.get("type") == "string"
    plain = items if many else schema
    kind = plain.get("type")
    modality = modality or (_medium(name, plain) if kind == "string" else None) or "text"
    type_ = cast("Type", kind if kind in get_args(Type) else "json")
    coded = plain.get("contentEncoding") == "base64" or re.search(r"(?:base64|b64|data|bytes)$", name, re.I)
    return Parameter(
        name=_slot_name(name),
        parameter=name,
        modality=modality,
        type="string" if modality != "text" else type_,
        required=required,
        many=many,
        encoding="base64" if coded else "data-uri",
        note=_note(schema, plain, type_) if modality == "text" else str(schema.get("description", ""))[:120],
    )


def made(outputs: Iterable[Modality | None]) -> tuple[Modality, ...]:
    """What a tool gives, each modality once; a text where nothing else is told."""
    return tuple(dict.fromkeys(each or "text" for each in outputs)) or ("text",)


def told(about: str) -> Modality | None:
    """The medium that a description says the tool makes."""
    found = _MADE.search(about)
    return _MEDIA[found[1].lower()] if found else None


def gathered(values: Iterable[object]) -> Output:
    """What a tool gave: its media, its texts together, and the rest as data that JSON can hold."""
    flat = [item for value in values for item in (value if _is_gallery(value) else [value]) if item is not None]
    media = tuple(item for item in flat if isinstance(item, Image | Audio | Video))
    plain = [
        to_jsonable_python(item, serialize_unknown=True) for item in flat if not isinstance(item, Image | Audio | Video)
    ]
    texts = [str(item) for item in plain if not isinstance(item, dict | list)]
    data = [item for item in plain if isinstance(item, dict | list)]
    return Output("\n".join(texts) or None, data[0] if len(data) == 1 else data or None, media)


def _is_gallery(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Image | Audio | Video) for each in value)


def _split(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _bare(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without the alternative of null."""
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return {**schema, **options[0]} if options else schema


def _medium(name: str, schema: Mapping[str, Any]) -> Modality | None:
    """The medium that a text argument carries, by its declared media type or else by its name."""
    major = str(schema.get("contentMediaType", "")).partition("/")[0]
    if major in MODALITIES:
        return _MEDIA.get(major)
    found = _NAMED.match(name)
    return _MEDIA[found[1].lower()] if found and "enum" not in schema else None


def _slot_name(name: str) -> str:
    """The name in plans: none that the tools' own arguments, LangChain or pydantic use."""
    plain = re.sub(r"\W+", "_", name).strip("_") or "value"
    plain = plain if plain[0].isalpha() else f"value_{plain}"
    return f"{plain}_value" if plain in _RESERVED or hasattr(BaseModel, plain) else plain


def _note(schema: Mapping[str, Any], plain: Mapping[str, Any], type_: Type) -> str:
    kinds = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "json": "JSON"}
    choice = f"one of {', '.join(map(str, plain['enum']))}" if plain.get("enum") else ""
    return "; ".join(filter(None, (kinds.get(type_, ""), choice, str(schema.get("description", ""))[:120])))
