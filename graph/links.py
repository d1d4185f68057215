"""Holds a written answer to the files that there are: links to them are made right, any other goes."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from graph.answer import link
from tools.files.artifacts import address
from tools.files.formats import EXTENSIONS

_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(\s*<?([^()<>\s]*)>?[^()]*\)")
_ENDS = "|".join(extension[1:] for extension in EXTENSIONS)
_BARE = re.compile(rf"(?:sandbox:|file://|https?://)?[\w./\\~%-]*[\w-]\.(?:{_ENDS})\b", re.I)
_NOT_THERE = "(a file that does not exist)"


def checked(answer: str, made: Sequence[str], source: str) -> str:
    """The answer with right links to the files ``made``, and without links and paths to files that are not there.

    What stands in ``source`` (the request and what the tasks found) may be named, but no picture is fetched from it.
    Files that the answer passes over are added at its end.
    """
    files = {name: path for path in made for name in (path, address(path), Path(path).name)}
    pieces, end = [], 0
    for match in _LINK.finditer(answer):
        pieces += [_bare(answer[end : match.start()], files, source), _linked(match, files, source)]
        end = match.end()
    text = "".join([*pieces, _bare(answer[end:], files, source)]).strip()
    left_out = [link(path) for path in made if address(path) not in text]
    return "\n\n".join(filter(None, [text, "\n".join(left_out)]))


def _linked(match: re.Match[str], files: dict[str, str], source: str) -> str:
    picture, label, target = match.groups()
    if path := _file(target, files):
        return f"{'!' if link(path).startswith('!') else ''}[{label or Path(path).name}]({address(path)})"
    if target.startswith(("http://", "https://")):
        return match[0] if target in source and not picture else label
    return f"{label} {_NOT_THERE}".strip()


def _bare(text: str, files: dict[str, str], source: str) -> str:
    """Text outside links: paths to files that were made are made right, unknown ones are called what they are."""
    return _BARE.sub(lambda match: _path(match[0], files, source), text)


def _path(found: str, files: dict[str, str], source: str) -> str:
    path = _file(found, files)
    if path and ("/" in found or "\\" in found):
        return address(path)
    return found if path or found in source else _NOT_THERE


def _file(target: str, files: dict[str, str]) -> str | None:
    """The file that a target means: in full, or by its name, wherever a model believes it to be."""
    return files.get(target) or files.get(Path(unquote(urlsplit(target.replace("\\", "/")).path)).name)
