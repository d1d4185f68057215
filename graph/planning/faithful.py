"""Whether JSON that was repaired still says what was written, and nothing else."""

import json
import re
from collections.abc import Iterator, Sequence

_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*+")|(?<=[\s,{}\[\]])(?://[^\n]*|/\*.*?\*/)', re.S)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.S)
_CONTENT = re.compile(r"""[^\s\[\]{}",:'\\]+""")
_QUOTED = re.compile(r'(?:(?<=[\s(])|^)"\S(?:[^"]*\S)?"(?=[\s).,;!?]|$)')
_BARE_VALUE = re.compile(r"-?[\d.]+(?:e[+-]?\d+)?|true|false|null")
_LIST_IN_OBJECT = re.compile(r'\{\s*"[^"]*"\s*:\s*\[')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS = {"none": "null"}


def doubt(written: str, value: object, depth: int) -> str:
    """Why a repaired value may not be what was meant; empty where the repair changed nothing but punctuation."""
    if depth and not (depth == 1 and _LIST_IN_OBJECT.match(written) and written.rstrip().endswith("]")):
        return "It breaks off, or lacks a bracket or a quotation mark."
    words, bare = list(leaves(value)), _bare(written)
    whole = _content(bare) == _content(" ".join(words)) and _stand_apart(words, bare)
    if not whole or any(map(_debris, words)):
        return "It is no JSON, or names something twice in one object."
    return ""


def _stand_apart(words: Sequence[str], written: str) -> bool:
    """Whether every name and value stands in the text, in order, each between quotation marks of its own."""
    at = 0
    for leaf in words:
        places = [(place, len(leaf) + 2) for mark in "\"'" if (place := written.find(f"{mark}{leaf}{mark}", at)) >= 0]
        if not places and _BARE_VALUE.fullmatch(leaf) and (place := written.casefold().find(leaf, at)) >= 0:
            places = [(place, len(leaf))]
        if not places:
            return False
        at = sum(min(places))
    return True


def _bare(written: str) -> str:
    """The text without comments and escapes."""
    uncommented = _COMMENT.sub(lambda match: match[1] or " ", written)
    return _ESCAPE.sub(
        lambda match: chr(int(match[1], 16)) if match[1] else _ESCAPED.get(match[2], match[2]), uncommented
    )


def _content(text: str) -> list[str]:
    return [_CONSTANTS.get(word, word) for word in _CONTENT.findall(text.casefold())]


def leaves(value: object) -> Iterator[str]:
    """Every name and value, in order, as text."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield str(name)
            yield from leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def _debris(leaf: str) -> bool:
    """Whether punctuation of the JSON seems to have ended up inside a text."""
    return bool(re.search(r'[\[\]{}"]', _QUOTED.sub("", leaf)))
