"""Holds a written answer to the files that there are: links to them are made right, any other goes."""

import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from graph.answer import link, target
from graph.markdown import Construct, rewritten
from tools.files.artifacts import address
from tools.files.formats import EXTENSIONS

_ENDS = "|".join(extension[1:] for extension in EXTENSIONS)
_WEB = r"(?:https?://|www\.)[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]*_]"
_RUN = r"(?:sandbox:|file://)?[\w./\\~%-]++"
_BARE = re.compile(rf"{_WEB}|{_RUN}", re.I)
_FILE = re.compile(rf"[\w-]\.(?:{_ENDS})$", re.I)
_NOT_THERE = "(a file that does not exist)"
_NOT_GIVEN = "(a link that nothing here gave)"


class Links:
    """What an answer may lead to: the files ``made``, and addresses that stand in ``source``, but for pictures.

    ``source`` is what the user said; its files and addresses may be named. So may those that stand in ``material``,
    what tasks have read, but an answer does not lead there: somebody else wrote them, who may want them followed.
    """

    def __init__(self, made: Sequence[str], source: str, material: str = "") -> None:
        self.made, self._source, self._material = list(made), source, material
        self._files = {name: path for path in made for name in (path, address(path), Path(path).name)}

    def held(self, text: str) -> str:
        """The text with right links to the files, and without links and paths to what is not there."""
        return rewritten(text, self._link, self.words)

    def held_json(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """JSON with every text in it held, names too."""
        if isinstance(value, dict):
            return {self.held(name): self.held_json(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.held_json(item) for item in value]
        return self.held(value) if isinstance(value, str) else value

    def passed_over(self, answer: str) -> str:
        """Links to the files that an answer does not name, to be added to it."""
        return "\n".join(link(path) for path in self.made if address(path) not in answer)

    def _link(self, construct: Construct) -> str:
        if construct.kind == "code":
            return construct.text
        if construct.kind == "html":
            return f"&lt;{construct.text[1:]}"
        label = rewritten(construct.label, self._link, self.words) if construct.label else ""
        if path := self._file(construct.target):
            return f"{'!' if link(path).startswith('!') else ''}[{label or Path(path).name}]({target(address(path))})"
        if construct.kind == "autolink":
            return self.words(construct.text[1:-1])
        if not construct.target.startswith(("http://", "https://")):
            return f"{label} {_NOT_THERE}".strip()
        if construct.kind == "link" and construct.target in self._source:
            return f"[{label}]({target(construct.target)})"
        named = construct.kind == "link" and construct.target in self._material and construct.target not in label
        return f"{label} {_quoted(construct.target)}" if named else label

    def words(self, text: str) -> str:
        """Text outside links: paths to files that were made are made right, the rest is called what it is."""
        unescaped = unescape(text)
        if unescaped != text and _BARE.sub(self._named, unescaped) != unescaped:
            text = text.replace("&", "&amp;")
        return _BARE.sub(self._named, text)

    def _named(self, match: re.Match[str]) -> str:
        reference = match[0].rstrip("./\\~%-")
        web = reference.lower().startswith(("http://", "https://", "www."))
        file = _FILE.search(reference[-12:])
        if not (web or file):
            return match[0]
        return self._path(reference, _NOT_THERE if file else _NOT_GIVEN) + match[0][len(reference) :]

    def _path(self, reference: str, otherwise: str) -> str:
        path = self._file(reference)
        if path and ("/" in reference or "\\" in reference):
            return address(path)
        if path or reference in self._source:
            return reference
        return _quoted(reference) if reference in self._material else otherwise

    def _file(self, target: str) -> str | None:
        """The file that a target means: in full, or by its name, wherever a model believes it to be."""
        unquoted = unquote(target)
        return self._files.get(target) or self._files.get(unquoted) or self._files.get(_name(unquoted))


def _quoted(address: str) -> str:
    """An address as code, which nothing makes a link of."""
    return f"`{address}`" if "`" not in address else _NOT_GIVEN


def _name(target: str) -> str:
    try:
        return Path(urlsplit(target.replace("\\", "/")).path).name
    except ValueError:  # such as http://[, which is no address
        return ""
