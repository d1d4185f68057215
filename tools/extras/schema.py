"""From the JSON schema by which a source describes an argument to the parameter of an entry."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from tools import clean
from tools.extras.entry import Parameter
from tools.tasks import MODALITIES, Modality

_MEDIA: dict[str, Modality] = {
    "image": "image", "picture": "image", "photo": "image", "audio": "audio", "sound": "audio",
    "recording": "audio", "video": "video",
}  # fmt: skip
_NAMED = re.compile(rf"(?:\w+_)?({'|'.join(_MEDIA)})(?:_(?:url|uri|file|base64|b64|data|bytes))?$", re.I)
_LINK = re.compile(r"(?:^|_)(?:url|uri|link|href)s?$", re.I)
_MADE = re.compile(
    rf"\b(?:returns?|gives?|draws?|makes?|creates?|generates?|renders?|produces?)\s(?:[\w-]+\s){{0,3}}?({'|'.join(_MEDIA)})\b",
    re.I,
)
_RESERVED = frozenset({"model", "backend", "config", "run_manager", "callbacks", "self"})
_DEPTH = 6  # of a schema within a schema; what lies deeper may be anything
# What is kept: no patterns, which may take for ever to match, and no references, which may lead elsewhere.
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_PLAIN = frozenset({"type", "enum", "const", "minLength", "maxLength", "minItems", "maxItems", "required", *_BOUNDS})


def parameter(
    name: str,
    schema: Mapping[str, Any],
    *,
    required: bool,
    modality: Modality | None = None,
    root: Mapping[str, Any] | None = None,
) -> Parameter:
    """An argument from its schema; ``modality`` where the source itself tells it, ``root`` where its $refs lead.

    Where the schema is none, anything may be given.
    """
    root, name = schema if root is None else root, clean.text(name)
    schema = _bare(_followed(schema, root))
    many = schema.get("type") == "array" and isinstance(schema.get("items"), Mapping)
    item: Mapping[str, Any] = _bare(_followed(schema["items"], root)) if many else schema
    modality = modality or (_medium(name, item) if item.get("type") == "string" else None) or "text"
    coded = item.get("contentEncoding") == "base64" or re.search(r"(?:base64|b64|data|bytes)$", name, re.I)
    kept = _sound(clean.json(_kept(item, root, _DEPTH))) if modality == "text" else {}
    if kept == {"type": "string"} and (item.get("format") == "uri" or _LINK.search(name)):
        kept["format"] = "uri"
    return Parameter(
        name=_slot_name(name),
        parameter=name,
        modality=modality,
        json_schema={} if kept == {"type": "string"} else kept,
        required=required,
        many=many,
        encoding="base64" if coded else "data-uri",
        note=" ".join(clean.text(str(schema.get("description", ""))).split())[:120],
    )


def medium_made(about: str) -> Modality | None:
    """The medium that a description says the tool makes."""
    match = _MADE.search(about)
    return _MEDIA[match[1].lower()] if match else None


def _followed(given: object, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference within the same document leads to; anything at all where it leads nowhere."""
    schema = _mapping(given)
    for _ in range(_DEPTH):
        if "$ref" not in schema:
            return schema
        target: Any = root
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target.get(step, {}) if isinstance(target, Mapping) else {}
        schema = {**_mapping(target), **{key: value for key, value in schema.items() if key != "$ref"}}
    return {}


def _bare(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without the alternative of null."""
    if isinstance(schema.get("type"), list):
        types = [name for name in schema["type"] if name != "null"]
        return {**schema, "type": types[0] if len(types) == 1 else types}
    options = _options(schema, "anyOf")
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**others, **options[0]} if len(options) == 1 else schema


def _kept(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """The schema by itself: references followed, and only what tells which values fit."""
    schema = _bare(_followed(schema, root))
    if depth == 0:
        return {}
    kept = {key: value for key, value in schema.items() if key in _PLAIN and value is not None}
    if isinstance(kept.get("enum"), list):
        kept["enum"] = [choice for choice in kept["enum"] if choice is not None]
    if isinstance(schema.get("items"), Mapping):
        kept["items"] = _kept(schema["items"], root, depth - 1)
    if isinstance(schema.get("properties"), Mapping):
        kept["properties"] = {name: _kept(child, root, depth - 1) for name, child in schema["properties"].items()}
    options = [*_options(schema, "anyOf"), *_options(schema, "oneOf")]
    return kept | ({"anyOf": [_kept(option, root, depth - 1) for option in options]} if options else {})


def _mapping(given: object) -> Mapping[str, Any]:
    """What a stranger gives for a schema, if it has the form of one."""
    return given if isinstance(given, Mapping) else {}


def _options(schema: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The alternatives of a schema but for null."""
    listed = schema.get(name)
    return (
        [option for option in map(_mapping, listed) if option.get("type") != "null"] if isinstance(listed, list) else []
    )


def _sound(kept: dict[str, Any]) -> dict[str, Any]:
    """The schema if it is one by JSON Schema's own rules; else nothing, which anything fits."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(kept)
    except SchemaError:
        return {}
    return kept


def _medium(name: str, schema: Mapping[str, Any]) -> Modality | None:
    """The medium that a text argument carries, by its declared media type or else by its name."""
    major = str(schema.get("contentMediaType", "")).partition("/")[0]
    if major in MODALITIES:
        return _MEDIA.get(major)
    match = _NAMED.match(name)
    return _MEDIA[match[1].lower()] if match and "enum" not in schema else None


def _slot_name(name: str) -> str:
    """The name in plans: none that the tools' own arguments, LangChain or pydantic use."""
    slot_name = re.sub(r"\W+", "_", name).strip("_") or "value"
    slot_name = slot_name if slot_name[0].isascii() and slot_name[0].isalpha() else f"value_{slot_name}"
    return f"{slot_name}_value" if slot_name in _RESERVED or hasattr(BaseModel, slot_name) else slot_name
