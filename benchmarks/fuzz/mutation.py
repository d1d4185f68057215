"""Damage, from a seed: bytes, texts and JSON that are almost as they should be."""

import json
import random
from typing import Any

_WORDS = ("", "0", "<r0>", "<r99>", "\x00", "\ud800", "ä" * 50, "../..", "data:,", "http://[", "{", "\u202e", "1e999")
_SCALARS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    -(2**31),
    0.5,
    1e308,
    "",
    "text",
    [],
    {},
    [[]],
    [{}],
    {"": None},
)


def of_bytes(chance: random.Random, good: bytes) -> bytes:
    """A file of which some bytes are flipped, lost, doubled, moved or foreign."""
    raw = bytearray(good)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, size = chance.randrange(len(raw) + 1), chance.choice((1, 2, 4, 64, 1024))
        kind = chance.randrange(6)
        if kind == 0:
            raw[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del raw[at : at + size]
        elif kind == 2:
            raw[at:at] = raw[at : at + size]
        elif kind == 3:
            raw[at : at + size] = chance.randbytes(size)
        elif kind == 4:
            raw[at : at + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00", b"\x80\0\0\0")
            )
        else:
            raw = raw[: max(at, 1)]
    return bytes(raw)


def of_text(chance: random.Random, good: str) -> str:
    """A text of which some characters are lost, doubled, swapped or foreign."""
    text = good
    for _ in range(chance.choice((1, 2, 5, 20))):
        at, size = chance.randrange(len(text) + 1), chance.choice((1, 1, 2, 10, 100))
        fresh = chance.choice((*_WORDS, *'[]{}",:<>\\`\n', text[:size], chr(chance.randrange(0xD7FF))))
        text = text[:at] + chance.choice(("", fresh)) + text[at + chance.choice((0, size)) :]
    return text


def of_json(chance: random.Random, good: Any) -> Any:  # noqa: ANN401 - JSON
    """JSON of which some members are lost, foreign, doubled, renamed or deeper."""
    changed = json.loads(json.dumps(good))
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        changed = _changed(chance, changed, depth=chance.randrange(6))
    return changed


def _changed(chance: random.Random, value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON
    if depth and isinstance(value, dict) and value:
        name = chance.choice(list(value))
        return {**value, name: _changed(chance, value[name], depth - 1)}
    if depth and isinstance(value, list) and value:
        at = chance.randrange(len(value))
        return [*value[:at], _changed(chance, value[at], depth - 1), *value[at + 1 :]]
    return _other(chance, value)


def _other(chance: random.Random, value: Any) -> Any:  # noqa: ANN401 - JSON
    kind = chance.randrange(6)
    if kind == 0 and isinstance(value, dict) and value:
        gone = chance.choice(list(value))
        return {name: member for name, member in value.items() if name != gone}
    if kind == 1 and isinstance(value, dict):
        return {**value, chance.choice((*_WORDS, "type", "$ref", "enum", "items", "anyOf")): chance.choice(_SCALARS)}
    if kind == 2 and isinstance(value, list):
        return value * chance.choice((0, 2, 3))
    if kind == 3 and isinstance(value, str):
        return of_text(chance, value)
    return [value] if kind == 4 else chance.choice(_SCALARS)
