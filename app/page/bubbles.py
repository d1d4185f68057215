"""Messages as the chat shows them: words, and the pictures, sounds and films that they speak of."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from app.page.words import Say
from graph.answer import parted
from tools.files.places import here
from tools.files.resources import from_content

HOW_ID = "-how"  # ends the id of what is folded below a message
TEXT = ".txt"
UNFOLDED = 200_000  # characters of a text that the chat shows; the rest is in its file
SHOWN = "files"  # where a message keeps the files that came with it, for the page to show again
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
LINK = re.compile(r"!?\[([^\]]*)\]\(<?([^)>]+)>?\)")
ALONE = re.compile(rf"^{LINK.pattern}$", re.MULTILINE)


def bubbles(messages: Sequence[BaseMessage], files: Collection[str], say: Say) -> list[dict[str, Any]]:
    """The conversation in Gradio's form. Only ``files``, those of this conversation, are shown as media.

    How an answer came about follows it, folded; what the last message offers to choose from stands below it.
    """
    shown = [bubble for message in messages if _role(message) for bubble in _bubbles(message, files, say)]
    offers = messages[-1].response_metadata.get("choices") if messages else None
    if shown and offers:
        shown[-1]["options"] = [{"value": str(offer)} for offer in offers]
    return shown


def note(words: str, say: Say) -> dict[str, Any]:
    """Something that the page itself has to say, as a message of the chat."""
    return {"role": "assistant", "content": f"**{say('Not done.')}** {without_links(words)}", "metadata": {"id": ""}}


def _bubbles(message: BaseMessage, files: Collection[str], say: Say) -> list[dict[str, Any]]:
    content, how = _content(message, files)
    said = [{"role": _role(message), "content": content, "metadata": {"id": message.id or ""}}] if content else []
    texts = [Path(part["path"]) for part in content if isinstance(part, dict) and isinstance(message, AIMessage)]
    below = [_whole(path, message, say) for path in texts if path.suffix == TEXT and path.is_file()]
    return [*said, *below, *([_folded(say("How this was done"), how, message, HOW_ID)] if how else [])]


def _whole(path: Path, message: BaseMessage, say: Say) -> dict[str, Any]:
    """All of a long text, of which an answer holds the beginning."""
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(UNFOLDED)
    return _folded(say("All of {name}", name=path.name), without_links(text), message, f"-{path.name}")


def _folded(title: str, words: str, message: BaseMessage, suffix: str) -> dict[str, Any]:
    """What is below an answer for those who open it."""
    metadata = {"title": title, "status": "done", "id": f"{message.id or ''}{suffix}"}
    return {"role": "assistant", "content": words, "metadata": metadata}


def _role(message: BaseMessage) -> str | None:
    return "user" if isinstance(message, HumanMessage) else "assistant" if isinstance(message, AIMessage) else None


def _content(message: BaseMessage, files: Collection[str]) -> tuple[list[Any], str]:
    """What a message says and shows, and, of an answer, how it came about."""
    text, paths = from_content(message.content)
    if isinstance(message, AIMessage):
        answer, how = parted(text)
        return _answer(answer, {Path(path).name: path for path in files}), without_links(how)
    paths = [*message.additional_kwargs.get(SHOWN, []), *paths]
    return [*_some(_escaped(text, "<[")), *(_shown(path) for path in dict.fromkeys(paths) if path in files)], ""


def _answer(text: str, files: Mapping[str, str]) -> list[Any]:
    """Words and media in turn: a file with a line of its own is shown there, any other at the end."""
    content, shown, end = list[Any](), set[str](), 0
    for line in ALONE.finditer(text):
        if path := _named(line[2], files):
            content += [*_some(without_links(text[end : line.start()])), _shown(path)]
            shown.add(path)
            end = line.end()
    linked = dict.fromkeys(_named(target, files) for _, target in LINK.findall(text))
    more = [_shown(path) for path in linked if path and path not in shown]
    return [*content, *_some(without_links(text[end:])), *more]


def _shown(path: str) -> dict[str, str]:
    return {"path": str(here(path))}


def _named(target: str, files: Mapping[str, str]) -> str | None:
    """The file behind a link: its address ends in the file's name."""
    return files.get(unquote(target).rpartition("/")[2])


def _some(words: str) -> list[str]:
    return [words.strip()] if words.strip() else []


def without_links(text: str) -> str:
    """Markdown without links, pictures and HTML: what is linked is shown as such, from this conversation alone."""
    return _escaped(LINK.sub(lambda link: link[1], text), "<")


def _escaped(text: str, letters: str) -> str:
    """Markdown in which these letters stand for themselves; in code they do so anyway."""
    letter = re.compile(f"[{re.escape(letters)}]")
    parts = enumerate(CODE.split(text))  # code is at the odd places
    return "".join(part if at % 2 else letter.sub(r"\\\g<0>", part) for at, part in parts)
