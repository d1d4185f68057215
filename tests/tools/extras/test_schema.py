"""From the schemas by which sources describe their arguments to parameters, and what descriptions tell."""

from typing import Any

import pytest

from tools.extras.schema import medium_made, parameter


@pytest.mark.parametrize(
    ("name", "schema", "modality", "note"),
    [
        ("text", {"type": "string"}, "text", ""),
        ("input_image", {"type": "string"}, "image", ""),
        ("photo_url", {"type": "string", "description": "of a cat"}, "image", "of a cat"),
        ("clip", {"type": "string", "contentMediaType": "audio/wav"}, "audio", ""),
        ("notes", {"type": "string", "contentMediaType": "application/pdf"}, "text", ""),
        ("image_style", {"type": "string"}, "text", ""),
        ("image", {"type": "string", "enum": ["small", "large"]}, "text", "one of small, large"),
        ("video", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "text", "a whole number"),
        (
            "size",
            {"type": "number", "minimum": 1, "maximum": 32, "description": "of a block"},
            "text",
            "a number from 1 to 32; of a block",
        ),
        ("rate", {"type": ["number", "null"], "exclusiveMinimum": 0}, "text", "a number, above 0"),
        ("mode", {"$ref": "#/$defs/Mode", "$defs": {"Mode": {"enum": ["a", "b"]}}}, "text", "one of a, b"),
        ("deep", {"$ref": "#/$defs/D", "$defs": {"D": {"type": "object"}}}, "text", "a JSON object"),
        ("away", {"$ref": "https://example.com/schema.json"}, "text", ""),
        ("several", {"anyOf": [{"type": "integer"}, {"type": "array", "items": {}}]}, "text", "JSON"),
    ],
)
def test_a_json_schema_tells_modality_and_kind(name: str, schema: dict[str, Any], modality: str, note: str) -> None:
    read = parameter(name, schema, required=True)
    assert (read.modality, read.slot().note) == (modality, note)


@pytest.mark.parametrize(
    ("about", "makes"),
    [
        ("Returns a picture of the sea.", "image"),
        ("Make music and return the audio.", "audio"),
        ("Tells what an image shows.", None),
        ("Creates a short video", "video"),
    ],
)
def test_a_description_tells_the_medium_that_is_made(about: str, makes: str | None) -> None:
    assert medium_made(about) == makes


def test_a_schema_is_kept_by_itself_without_patterns_and_references() -> None:
    schema = {"$ref": "#/$defs/Point", "description": "where"}
    root = {
        "$defs": {
            "Point": {"type": "object", "title": "P", "properties": {"x": {"$ref": "#/$defs/Number"}}},
            "Number": {"type": "integer", "pattern": "(a+)+$", "default": None, "maximum": 9},
        }
    }
    kept = {"type": "object", "properties": {"x": {"type": "integer", "maximum": 9}}}
    assert parameter("at", schema, required=True, root=root).json_schema == kept


def test_a_schema_that_refers_to_itself_ends() -> None:
    root = {"$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}}
    assert parameter("list", {"$ref": "#/$defs/Node"}, required=True, root=root).json_schema["type"] == "object"
    assert parameter("loop", {"$ref": "#/a", "a": {"$ref": "#/a"}}, required=True).json_schema == {}


@pytest.mark.parametrize(
    "schema",
    [
        None,
        ["type", "string"],
        {"type": "`]"},
        {"enum": 5},
        {"anyOf": 5},
        {"anyOf": ["string", None]},
        {"minimum": {}, "type": "number"},
        {"$ref": "#/$defs"},
        {"properties": {"a": 5}, "required": True},
    ],
)
def test_what_is_no_schema_takes_anything(schema: Any) -> None:  # noqa: ANN401 - whatever a stranger sends
    read = parameter("half \ud800", schema, required=False, root={"$defs": [5]})
    assert read.value("7") == "7"
    read.slot().note.encode()


def test_a_name_that_no_language_of_ours_begins_with_gets_one() -> None:
    assert parameter("äpfel", {"type": "string"}, required=True).name == "value_äpfel"
