"""The files that a plan may use: those of the conversation and no others."""

import re
from collections.abc import Sequence
from pathlib import Path

from tools.files.resources import is_reference, mentioned, modality
from tools.tasks import Modality

_WORDS = 8  # that the name of a file may have, its extension and a number or two among them
_WORD = re.compile(r"[^\W_]+")
_TAKES: dict[Modality, tuple[Modality, ...]] = {"text": ("text", "table"), "audio": ("audio", "video")}


def takes(slot: Modality, value: Modality) -> bool:
    """Whether a slot of one modality can be given a file of another: a text slot reads tables, an audio slot video."""
    return value in _TAKES.get(slot, (slot,))


class Files:
    """What was given with the request, and what came before it in the conversation, oldest first."""

    def __init__(self, given: Sequence[str] = (), previous: Sequence[str] = ()) -> None:
        self.given, self.previous = list(given), list(previous)
        self._known: dict[str, str] = {}
        self._renamed: dict[str, str] = {}
        for path in [*previous, *given]:  # a name means the latest file of that name
            self._known |= {Path(path).name.lower(): path, path.lower(): path}
            if len(_WORD.findall(Path(path).name)) > _WORDS:
                self._renamed[path] = f"{modality(path)}-{len(self._renamed) + 1}{Path(path).suffix}"
        self._known |= {alias: path for path, alias in self._renamed.items() if alias not in self._known}

    def find(self, value: str) -> str | None:
        """The path that a path or file name means."""
        wanted = value.strip().strip("<>\"'`").removeprefix("file://").lower()
        return self._known.get(wanted) or self._known.get(Path(wanted).name if "/" in wanted else "")

    def name(self, path: str) -> str:
        """The shortest name by which ``find`` gives the path back; another where it is a whole sentence.

        Whoever made the file may have meant the sentence for the planner.
        """
        name = self._renamed.get(path, Path(path).name)
        return name if self._known.get(name.lower()) == path else path

    def of(self, wanted: Modality) -> list[str]:
        """The files of a modality that came with the request, or else the last one before it."""
        given = [path for path in self.given if takes(wanted, modality(path))]
        return given or [path for path in self.previous if takes(wanted, modality(path))][-1:]


def looks_like_file(value: str) -> bool:
    """Whether a text is nothing but the name of a file or a link, so that a tool would try to open it."""
    return len(value) < 4096 and (mentioned(value.strip()) == [value.strip()] or is_reference(value))
