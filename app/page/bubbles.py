"""Messages as the chat shows them: words, and the pictures, sounds and films that they speak of."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from graph.answer import HOW
from tools.resources import from_content

SHOWN = "files"  # where a message keeps the files that came with it, for the page to show again
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
LINK = re.compile(r"!?\[([^\]]*)\]\(<?([^)>]+)>?\)")


def bubbles(messages: Sequence[BaseMessage], files: Collection[str]) -> list[dict[str, Any]]:
    """The conversation in Gradio's form. Only ``files``, those of this conversation, are shown as media."""
    return [
        {"role": role, "content": content, "metadata": {"id": message.id or ""}}
        for message in messages
        if (role := _role(message)) and (content := _content(message, files))
    ]


def _role(message: BaseMessage) -> str | None:
    return "user" if isinstance(message, HumanMessage) else "assistant" if isinstance(message, AIMessage) else None


def _content(message: BaseMessage, files: Collection[str]) -> list[Any]:
    """The words, the media, and last how an answer came about, which is the least of it."""
    text, given = from_content(message.content)
    given = [*message.additional_kwargs.get(SHOWN, []), *given]
    made = {Path(path).name: path for path in files}  # an answer links to an address that ends in the file's name
    linked = [made.get(unquote(target).rpartition("/")[2], "") for _, target in LINK.findall(text)]
    shown = dict.fromkeys(path for path in [*given, *linked] if path in files)
    readable = plain(text) if isinstance(message, AIMessage) else _escaped(text, "<[")
    words, heading, workflow = readable.partition(f"{HOW}\n")
    return [*_some(words), *({"path": path} for path in shown), *_some(heading + workflow)]


def _some(words: str) -> list[str]:
    return [words.strip()] if words.strip() else []


def plain(text: str) -> str:
    """Markdown without links, pictures and HTML: what is linked is shown below, from this conversation alone."""
    return _escaped(LINK.sub(lambda link: link[1], text), "<")


def _escaped(text: str, letters: str) -> str:
    """Markdown in which these letters stand for themselves; in code they do so anyway."""
    letter = re.compile(f"[{re.escape(letters)}]")
    parts = enumerate(CODE.split(text))  # code is at the odd places
    return "".join(part if at % 2 else letter.sub(r"\\\g<0>", part) for at, part in parts)
