"""What Open WebUI writes around its user's words, undone: a document that they attached is a file again.

It sends a document as text between its instructions and the question, and names attachments in a tag of its own.
Taken apart without regular expressions over the whole: a prompt may be as long as a request.
"""

import base64
import html
import re
from collections.abc import Iterator
from typing import Any

_INSTRUCTIONS, _DOCUMENTS, _QUESTION = "### Task:", "<context>", "</context>"
_ATTACHED, _ATTACHED_END = "<attached_files>", "</attached_files>"
_NAME = re.compile(r'\bname="([^"]*)"')

Content = str | list[dict[str, Any]]


def unwrapped(content: Content) -> Content:
    """The content with the user's own words, and the documents as attachments of their own."""
    if isinstance(content, list):
        return [part for block in content for part in _parts(block)]
    parts = _parts({"type": "text", "text": content})
    return str(parts[0]["text"]) if len(parts) == 1 else parts


def _parts(block: dict[str, Any]) -> list[dict[str, Any]]:
    text = block.get("text")
    if not isinstance(text, str):
        return [block]
    said, sources = _apart(text)
    if said.lstrip().startswith(_ATTACHED):
        said = said.partition(_ATTACHED_END)[2].lstrip()
    return [{**block, "text": said}, *_documents(sources)]


def _apart(text: str) -> tuple[str, str]:
    """What the user said, and the tags of documents, if it is a question about some."""
    instructions, _, rest = text.partition(_DOCUMENTS)
    sources, _, said = rest.rpartition(_QUESTION)
    is_question = instructions.lstrip().startswith(_INSTRUCTIONS) and "<chat_history>" not in instructions
    return (said.strip(), sources) if is_question and sources.lstrip().startswith("<source") else (text, "")


def _documents(sources: str) -> Iterator[dict[str, Any]]:
    """A file for each document, with its passages in the order in which they were found."""
    passages = dict[str, list[str]]()
    for source in sources.split("</source>")[:-1]:
        facts, _, text = source.partition(">")
        name = _NAME.search(facts)
        passages.setdefault(html.unescape(name[1]) if name else "document", []).append(text.strip())
    for name_, texts in passages.items():
        yield {
            "type": "file",
            "mime_type": "text/plain",
            "filename": name_ if name_.endswith(".txt") else f"{name_}.txt",
            "data": base64.b64encode("\n\n".join(texts).encode()).decode(),
        }
