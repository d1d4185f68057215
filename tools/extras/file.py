"""The file of added tools: TOML that its owner may edit, and whose comments stay."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from tools.errors import ConfigError
from tools.extras.entry import Entry
from tools.extras.place import Place

P = TypeVar("P", bound=Place)
_HEADER = re.compile(r"\s*\[\[\s*tools\s*\]\]")


def entries(path: Path) -> list[Entry]:
    """All of the file's tools, in its order. Raises ConfigError with what is wrong where."""
    rows = _read(path).unwrap().get("tools", [])
    return [checked(Entry, raw, f"{path}, tool {number}") for number, raw in enumerate(rows, 1)]


def checked(model: type[P], raw: object, where: str) -> P:
    """A place or an entry, or what is wrong with it in one sentence. Raises ConfigError."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{where}: {field}: {first['msg'].removeprefix('Value error, ')}.") from None


def append(path: Path, new: Sequence[Entry]) -> None:
    """Write tools at the file's end. Raises ConfigError."""
    before = tomlkit.dumps(_read(path)).rstrip()
    rows = tomlkit.aot()
    for entry in new:
        rows.append(_table(entry.model_dump(mode="json", exclude_none=True, exclude_defaults=True)))
    after = tomlkit.dumps({"tools": rows})
    _write(path, f"{before}\n\n{after}" if before else after)


def remove(path: Path, name: str) -> None:
    """Take a tool out, by its lines: the comments that stand between it and the next tool stay. Raises ConfigError."""
    names = [row["name"] for row in _read(path).unwrap()["tools"]]
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    if len(starts) != len(names):
        raise ConfigError(f"{path} is written in an unusual way; take {name} out of it by hand.")
    number = names.index(name)
    start, end = starts[number], [*starts, len(lines)][number + 1]
    while not (last := lines[end - 1].strip()) or last.startswith("#"):
        end -= 1
    _write(path, "".join([*lines[:start], *lines[end:]]))


def _table(values: Mapping[str, Any]) -> tomlkit.items.Table:
    """A tool as a person would write it: a line for each of its slots."""
    table = tomlkit.table()
    for key, value in values.items():
        if key == "slots":
            slots = tomlkit.array().multiline(multiline=True)
            slots.extend([_inline(slot) for slot in value])
            table.add(key, slots)
        else:
            table.add(key, _inline(value) if isinstance(value, dict) else value)
    return table


def _inline(values: Mapping[str, Any]) -> tomlkit.items.InlineTable:
    table = tomlkit.inline_table()
    for key, value in values.items():
        table.add(key, _inline(value) if isinstance(value, dict) else value)
    return table


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}.") from error
    if not isinstance(document.get("tools", []), list):
        raise ConfigError(f"{path}: write each tool as a table [[tools]], with two pairs of brackets.")
    return document


def _write(path: Path, text: str) -> None:
    """Beside the file and renamed, so that nobody ever reads half of it."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
