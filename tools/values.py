"""Values of slots that take more exact things than any text, as a JSON schema says: a number, a choice, an object."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_NOUNS = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "object": "a JSON object"}
_LONGEST = 240  # characters of a complaint
_YES_AND_NO = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}


def choices(schema: Schema | None) -> list[Any]:
    """The values that are all a schema allows; none where it does not list them."""
    return list((schema or {}).get("enum", ()))


def closed(schema: Schema | None) -> bool:
    """Whether not every text will do: a number, a choice, yes or no, a structure."""
    return schema is not None and bool(schema) and (schema.get("type") != "string" or "enum" in schema)


def verbatim(schema: Schema | None) -> bool:
    """Whether a text that is a link is wanted as it is, and not what it leads to; so is whatever is no mere text."""
    return closed(schema) or (schema or {}).get("format") == "uri"


def read(given: object, schema: Schema) -> Any:  # noqa: ANN401 - whatever the schema wants
    """The value that a text, or a value given as such, stands for: the first of its readings that fits.

    Raises:
        ValueError: none does; the message says why, such as "40 is greater than the maximum of 32".
    """
    reading: object = given
    for reading in _readings(given, schema):
        if complaint(reading, schema) is None:
            as_integer = isinstance(reading, float) and schema.get("type") == "integer"
            return int(reading) if as_integer else reading  # type: ignore[call-overload]  # a float
    raise ValueError(complaint(reading, schema))


def complaint(value: object, schema: Schema) -> str | None:
    """Why a value does not fit, in one line; None where it does."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema).iter_errors(value))
    if error is None:
        return None
    where = f"{'.'.join(map(str, error.absolute_path))}: " if error.absolute_path else ""
    said = f"{where}{error.message}"  # the value first, and what is wrong with it last
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST // 2]} ... {said[-_LONGEST // 3 :]}"


def describe(schema: Schema | None) -> str:
    """What fits, in words: "one of French, German", "a number from 1 to 32"; empty where any text does."""
    if not closed(schema) or schema is None:
        return ""
    if listed := choices(schema):
        return f"one of {', '.join(map(str, listed))}"
    return f"{_NOUNS.get(str(schema.get('type')), 'JSON')}{_bounds(schema)}"


def brief(schema: Schema | None) -> str:
    """The same in a few signs, as language models are told it: "French|German", "number 1..32"."""
    if not closed(schema) or schema is None:
        return ""
    if listed := choices(schema):
        return "|".join(map(str, listed))
    low, high = schema.get("minimum", ""), schema.get("maximum", "")
    return f"{schema.get('type', 'JSON')}{f' {low}..{high}' if f'{low}{high}' else ''}"


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    names = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}
    return "".join(f", {words} {schema[name]:g}" for name, words in names.items() if schema.get(name) is not None)


def _readings(given: object, schema: Schema) -> Iterator[object]:
    """A text as it stands, as the choice that it means, as yes or no, and as JSON."""
    yield given
    if isinstance(given, str):
        text = given.strip().casefold()
        yield from (choice for choice in choices(schema) if str(choice).casefold() == text)
        if text in _YES_AND_NO:
            yield _YES_AND_NO[text]
        try:
            yield json.loads(given)
        except (ValueError, RecursionError):
            return
