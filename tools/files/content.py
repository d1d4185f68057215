"""What people write and attach: message content in every spelling clients send, and files named in a text."""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tools.errors import ResourceError
from tools.files.formats import EXTENSIONS, UNSUPPORTED

_TEXTS = {"text", "input_text", "output_text", "text-plain"}
_MEDIA = {
    "image": "image/png", "image_url": "image/png", "input_image": "image/png",
    "audio": "audio/wav", "audio_url": "audio/wav", "input_audio": "audio/wav",
    "video": "video/mp4", "video_url": "video/mp4", "input_video": "video/mp4",
    "file": "application/pdf", "input_file": "application/pdf", "document": "application/pdf",
    "media": "application/octet-stream",
}  # fmt: skip
_NESTED = ("image_url", "audio_url", "video_url", "input_audio", "file", "source", "image", "audio", "video")
_LINKS = ("url", "file_url", "uri", "path")
_BYTES = ("base64", "data", "file_data", "bytes")
_TYPES = ("mime_type", "mimeType", "media_type", "mimetype")
_NAMES = ("filename", "name", "file_name", "title")


def from_content(content: str | list[Any]) -> tuple[str, list[str]]:
    """The text and the attachments, as links or data URIs, of a message's content.

    Raises:
        ResourceError: an attachment carries neither bytes nor a link.
    """
    if isinstance(content, str):
        return content, []
    texts: list[str] = []
    references: list[str] = []
    for block in content:
        if isinstance(block, str):
            texts.append(block)
        elif isinstance(block, Mapping):
            text, reference = _read(block)
            texts += [text] if text else []
            references += [reference] if reference else []
    return "\n".join(texts), list(dict.fromkeys(references))


def _read(block: Mapping[str, Any]) -> tuple[str, str]:
    kind = str(block.get("type", ""))
    if isinstance(block.get("text"), str) and (kind in _TEXTS or block.get("source_type") == "text"):
        return str(block["text"]), ""
    if kind not in _MEDIA:
        return "", ""  # reasoning, tool calls and the like are not the user's words
    reference = _reference(block, _MEDIA[kind], "")
    if reference is None:
        raise ResourceError(f"An attachment ({kind}) has neither bytes nor a link; send the file itself or its URL.")
    return "", reference


def _reference(value: object, mime: str, name: str) -> str | None:
    """The link or data URI within an attachment, however deep it is nested."""
    if isinstance(value, str):
        return value if _is_reference(value) else None
    if not isinstance(value, Mapping):
        return None
    name = next((str(value[key]) for key in _NAMES if value.get(key)), name) or _name_in_metadata(value)
    mime = _mime(value, mime)
    for key in _BYTES:
        if value.get(key) and isinstance(value[key], str | bytes):
            return _data_uri(value[key], mime, name, as_text=value.get("type") == "text")
    for key in _LINKS:
        if isinstance(value.get(key), str) and value[key]:
            return str(value[key])
    return next((reference for key in _NESTED if (reference := _reference(value.get(key), mime, name))), None)


def _name_in_metadata(value: Mapping[str, Any]) -> str:
    nested = [value[key] for key in ("metadata", "extras") if isinstance(value.get(key), Mapping)]
    return next((str(holder[key]) for holder in nested for key in _NAMES if holder.get(key)), "")


def _mime(value: Mapping[str, Any], default: str) -> str:
    if isinstance(value.get("format"), str):  # OpenAI's input_audio: "wav" or "mp3"
        default = f"{default.partition('/')[0]}/{value['format']}"
    return next((str(value[key]) for key in _TYPES if value.get(key)), default)


def _is_reference(value: str) -> bool:
    return value.startswith(("http://", "https://", "data:", "file://", "/", "./", "../", "~/"))


def _data_uri(data: str | bytes, mime: str, name: str, *, as_text: bool) -> str:
    if isinstance(data, str) and data.startswith("data:"):
        return data
    raw = data if isinstance(data, bytes) else data.encode()
    encoded = base64.b64encode(raw).decode() if as_text or isinstance(data, bytes) else raw.decode()
    label = f";name={quote(name, safe='')}" if name else ""
    return f"data:{mime}{label};base64,{encoded}"


_ENDS = "|".join(sorted((extension[1:] for extension in [*EXTENSIONS, *UNSUPPORTED]), key=len, reverse=True))
_QUOTES = "\"'`\u201c\u201d\u2018\u2019«»"
_MENTION = re.compile(
    r"(?P<data>data:[\w.+-]+/[\w.+-]+(?:;[\w.+=%-]+)*,[\w+/=%-]+)"
    r"|(?P<url>(?:https?|file|s3|gs|az|abfs)://[^\s<>\"'`]+)"
    rf"|[{_QUOTES}](?P<quoted>[^{_QUOTES}\n<>|]{{0,250}}\.(?:{_ENDS}))[{_QUOTES}]"
    rf"|(?P<path>(?<![\w/.~-])(?:~|[A-Za-z]:)?[\w./\\+@%()=-]*[\w)-]\.(?:{_ENDS})(?![\w/]|\.\w))"
    r"|(?P<rooted>(?<![\w/.~-])(?:(?:~|\.{1,2})/|/[\w.+@%=-]+/)[\w./+@%=-]*\w)",
    re.IGNORECASE,
)


def mentioned(text: str) -> list[str]:
    """Paths, links and data URIs named in a text, in order and once each.

    Told by their look alone (an extension we know, or an explicit path): whether they exist is for ``admit``.
    A path with spaces must stand in quotation marks.
    """
    return list(dict.fromkeys(_trim(match) for match in _MENTION.finditer(text)))


def _trim(match: re.Match[str]) -> str:
    link = match.group(match.lastgroup or 0)
    if match.lastgroup in {"quoted", "data"}:
        return link
    if match.lastgroup == "path":
        return link[1:] if link.startswith("(") and ")" not in link else link
    link = link.rstrip(".,;:!?*_")
    while link.endswith((")", "]", "}")) and link.count(link[-1]) > link.count("([{"[")]}".index(link[-1])]):
        link = link[:-1].rstrip(".,;:!?")
    return link
