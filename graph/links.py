"""Holds a written answer to the files that there are: links to them are made right, any other goes."""

import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from graph.answer import link, target
from graph.markdown import Found, rewritten
from tools.files.artifacts import address
from tools.files.formats import EXTENSIONS

_ENDS = "|".join(extension[1:] for extension in EXTENSIONS)
_WEB = r"(?:https?://|www\.)[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]*_]"
_FILE = rf"(?:sandbox:|file://)?[\w./\\~%-]*[\w-]\.(?:{_ENDS})\b"
_BARE = re.compile(rf"{_WEB}|{_FILE}", re.I)
_NOT_THERE = "(a file that does not exist)"
_NOT_GIVEN = "(a link that nothing here gave)"


class Links:
    """What an answer may lead to: the files ``made``, and addresses that stand in ``source``, but for pictures.

    ``source`` is the request and what the tasks found. Its files and addresses may be named.
    """

    def __init__(self, made: Sequence[str], source: str) -> None:
        self.made, self._source = list(made), source
        self._files = {name: path for path in made for name in (path, address(path), Path(path).name)}

    def held(self, text: str) -> str:
        """The text with right links to the files, and without links and paths to what is not there."""
        return rewritten(text, self._link, self.words)

    def passed_over(self, answer: str) -> str:
        """Links to the files that an answer does not name, to be added to it."""
        return "\n".join(link(path) for path in self.made if address(path) not in answer)

    def _link(self, found: Found) -> str:
        if found.kind == "code":
            return found.text
        if found.kind == "html":
            return f"&lt;{found.text[1:]}"
        label = rewritten(found.label, self._link, self.words) if found.label else ""
        if path := self._file(found.target):
            return f"{'!' if link(path).startswith('!') else ''}[{label or Path(path).name}]({target(address(path))})"
        if found.kind == "autolink":
            return self.words(found.text[1:-1])
        if not found.target.startswith(("http://", "https://")):
            return f"{label} {_NOT_THERE}".strip()
        allowed = found.kind == "link" and found.target in self._source
        return f"[{label}]({target(found.target)})" if allowed else label

    def words(self, text: str) -> str:
        """Text outside links: paths to files that were made are made right, the rest is called what it is."""
        if _BARE.search(unescape(text)) and not _BARE.search(text):
            text = text.replace("&", "&amp;")
        return _BARE.sub(lambda match: self._path(match[0]), text)

    def _path(self, found: str) -> str:
        path = self._file(found)
        if path and ("/" in found or "\\" in found):
            return address(path)
        if path or found in self._source:
            return found
        return _NOT_GIVEN if found.lower().startswith(("http", "www.")) and not _is_file(found) else _NOT_THERE

    def _file(self, target: str) -> str | None:
        """The file that a target means: in full, or by its name, wherever a model believes it to be."""
        plain = unquote(target)
        return self._files.get(target) or self._files.get(plain) or self._files.get(_name(plain))


def _name(target: str) -> str:
    try:
        return Path(urlsplit(target.replace("\\", "/")).path).name
    except ValueError:  # such as http://[, which is no address
        return ""


def _is_file(target: str) -> bool:
    return _name(target).lower().endswith(tuple(EXTENSIONS))
