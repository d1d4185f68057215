"""What is no file of ours yet: links and data URIs, saved under the output folder and named by their content."""

import asyncio
import base64
import binascii
import mimetypes
import re
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from upath import UPath

from tools.errors import ResourceError
from tools.files import media, places
from tools.files.artifacts import digest, writing
from tools.files.fetch import Trusted, download
from tools.files.formats import EXTENSIONS, link_path, settle, suffix
from tools.settings import settings

mimetypes.init()  # it reads the system's list: here, and not the first time that the event loop asks
_SPECIAL = {
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/webm": ".weba",
    "text/plain": ".txt",
    "image/jpg": ".jpg",
}
OnName = Callable[[str], None]
_LINK = ".link"  # beside a file that was fetched: from where
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


async def from_link(url: str, on_name: OnName = lambda _: None, trusted: Trusted | None = None) -> str:
    """What an http(s) link leads to, as a path or URL of ours; ``trusted`` is a place that the owner named.

    ``on_name`` is given the name of the file as soon as it is certain: at once where the link has an extension, else
    when enough has come to tell the format.

    Raises:
        ResourceError: it cannot be fetched or used.
        ConfigError: the output folder cannot be written.
    """
    name = Path(link_path(url)).name or "page"
    if suffix(name) in EXTENSIONS:
        on_name(_named(name, suffix(name)))
    part = await asyncio.to_thread(_part)

    async def begun(mime: str) -> None:
        with suppress(ResourceError):  # what cannot be told yet is, when all of it is here
            on_name(_named(name, await asyncio.to_thread(_format, name, part, mime)))

    try:
        mime = await download(url, part, begun, trusted)
        path = await asyncio.to_thread(keep, lambda target: (part.replace(target), mime)[1], name)
        await asyncio.to_thread(UPath(path).with_name(_LINK).write_text, url, encoding="utf-8")
        return path
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)


def origin(path: str) -> str | None:
    """The link from which a file was fetched, if it was. Looks at the disk."""
    try:
        return UPath(path).with_name(_LINK).read_text(encoding="utf-8") if _is_kept(path) else None
    except OSError:
        return None


def _is_kept(path: str) -> bool:
    return UPath(path).parent.parent == settings().out / "inputs"


def from_data(uri: str) -> str:
    """What a data URI holds, as a path or URL of ours; its ``name`` parameter is kept. Raises ResourceError."""
    return keep(lambda target: _unpack(uri, target), data_name(uri) or "attachment")


def data_name(uri: str) -> str:
    """The file's name in a data URI's ``name`` parameter, if it has one."""
    name = re.search(r";(?:file)?name=([^;]+)", uri[5:].partition(",")[0])
    return Path(unquote(name[1])).name if name else ""


def keep(fill: Callable[[Path], str], name: str) -> str:
    """Save what ``fill`` writes (it returns the media type) in a folder named by the content; the file's path.

    Raises:
        ResourceError: it is empty, too large, damaged or in a format that is not supported.
        ConfigError: the output folder cannot be written.
    """
    inputs = settings().out / "inputs"
    with writing(inputs), tempfile.TemporaryDirectory(dir=places.scratch(inputs), prefix=".new-") as folder:
        fresh = Path(folder) / _named(name, suffix(name) if suffix(name) in EXTENSIONS else "")
        mime = fill(fresh)
        check_size(fresh, name)
        extension = _format(name, fresh, mime)
        if EXTENSIONS[extension] == "image":
            media.image(fresh)
        target = inputs / digest(str(fresh))[:16] / _named(name, extension)
        places.adopt(fresh, target)
    return str(target)


def _part() -> Path:
    inputs = settings().out / "inputs"
    with writing(inputs):
        path = places.scratch(inputs) / f".new-{secrets.token_hex(8)}"
        path.touch(exist_ok=False)
    return path


def _format(name: str, path: Path, mime: str) -> str:
    """The extension that a file of that name and media type deserves; its first bytes suffice. Raises ResourceError."""
    return settle(name if suffix(name) in EXTENSIONS else name + _textual(mime), path)


def _named(name: str, extension: str) -> str:
    """The name of a file that is safe anywhere."""
    stem = re.sub(r"[^\w.-]+", "_", Path(name).stem)[:60].strip("._") or "file"
    return stem + extension


def check_size(path: Path, name: str) -> None:
    """Refuse what is missing, no ordinary file, empty or too large. Raises ResourceError."""
    if not path.exists():
        raise ResourceError(f"{name} does not exist; check the path.")
    if path.is_dir():
        raise ResourceError(f"{name} is a folder; name one of the files in it.")
    if not path.is_file():
        raise ResourceError(f"{name} is not an ordinary file; give one.")
    if path.stat().st_size == 0:
        raise ResourceError(f"{name} is empty; give another file.")
    if path.stat().st_size > settings().max_bytes:
        raise ResourceError(f"{name} is larger than {settings().max_bytes / 2**20:.0f} MB; give a smaller file.")


def extension_of(mime: str) -> str:
    """The extension for a media type, or an empty string."""
    return _SPECIAL.get(mime) or mimetypes.guess_extension(mime) or ""


def _textual(mime: str) -> str:
    """The extension for a text's media type: content alone cannot tell CSV, JSON and Markdown apart."""
    ending = extension_of(mime)
    return ending if EXTENSIONS.get(ending) in {"text", "table"} and ending not in {".pdf", ".xlsx"} else ""


def _unpack(uri: str, target: Path) -> str:
    header, comma, body = uri[5:].partition(",")
    if len(body) > settings().max_bytes * 1.5:
        raise ResourceError(f"The attachment is larger than {settings().max_bytes / 2**20:.0f} MB; give a smaller one.")
    raw = unquote_to_bytes(body)
    try:
        if header.endswith(";base64"):
            raw = base64.b64decode(raw.translate(_URL_SAFE, b" \t\r\n"), validate=True)
    except binascii.Error:
        comma = ""
    if not comma:
        raise ResourceError("The attachment's data URI is damaged; send data:TYPE;base64,DATA.")
    target.write_bytes(raw)
    return header.partition(";")[0].lower()
