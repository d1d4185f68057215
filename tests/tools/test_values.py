"""Values of slots with a schema, as people and language models write them."""

from typing import Any

import pytest

from tools.values import brief, describe, read

NUMBER = {"type": "number", "minimum": 1, "maximum": 32}
NESTED = {"type": "object", "properties": {"a": {"properties": {"b": {"type": "integer"}}}}}


@pytest.mark.parametrize(
    ("given", "schema", "value"),
    [
        ("8", NUMBER, 8),
        (8.5, NUMBER, 8.5),
        ("8.0", {"type": "integer"}, 8),
        ("yes", {"type": "boolean"}, True),
        ("OFF", {"type": "boolean"}, False),
        (" french ", {"enum": ["French", "German"]}, "French"),
        ("2", {"enum": [1, 2]}, 2),
        ("8", {"type": "string"}, "8"),
        ('{"a": 1}', {"type": "object"}, {"a": 1}),
        ("[1]", {"type": ["object", "array"]}, [1]),
        ("anything", {}, "anything"),
    ],
)
def test_a_text_is_read_as_what_the_schema_wants(given: object, schema: dict[str, Any], value: object) -> None:
    assert read(given, schema) == value
    assert type(read(given, schema)) is type(value)


@pytest.mark.parametrize(
    ("given", "schema", "complaint"),
    [
        ("40", NUMBER, "40 is greater than the maximum of 32"),
        ("long", NUMBER, "'long' is not of type 'number'"),
        ("Klingon", {"enum": ["French"]}, r"'Klingon' is not one of \['French'\]"),
        ('{"a": {"b": "x"}}', NESTED, "a.b: "),
        ("[" * 100_000, {"type": "array"}, "is not of type 'array'"),
    ],
)
def test_what_does_not_fit_is_complained_of_exactly(given: str, schema: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as error:
        read(given, schema)
    assert len(str(error.value)) <= 300


@pytest.mark.parametrize(
    ("schema", "words", "signs"),
    [
        (NUMBER, "a number from 1 to 32", "number 1..32"),
        ({"type": "integer", "minimum": 0}, "a whole number, at least 0", "integer 0.."),
        ({"enum": ["a", 2]}, "one of a, 2", "a|2"),
        ({"type": "boolean"}, "true or false", "boolean"),
        ({"anyOf": [{"type": "integer"}, {"type": "object"}]}, "JSON", "JSON"),
        ({"type": "string"}, "", ""),
        (None, "", ""),
    ],
)
def test_a_schema_is_told_in_words_and_in_signs(schema: dict[str, Any] | None, words: str, signs: str) -> None:
    assert (describe(schema), brief(schema)) == (words, signs)
