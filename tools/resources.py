"""What users give, checked and brought to one form: the path of a local file that may be read."""

import asyncio
import base64
import binascii
import mimetypes
import re
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from PIL.Image import Image

from tools import media
from tools.artifacts import digest, local
from tools.backends.base import Audio
from tools.content import from_content, mentioned
from tools.errors import ResourceError
from tools.fetch import download
from tools.formats import EXTENSIONS, kind, link_path, settle, suffix
from tools.settings import settings
from tools.tasks import Modality

__all__ = ["admit", "from_content", "is_reference", "load", "mentioned", "modality"]


async def admit(reference: str) -> str:
    """The path of a checked local file for a path, http(s) or file link, or data URI.

    What is not local yet is saved under the output folder, named by its content.

    Raises:
        ResourceError: it cannot be used; the message says why and what to do.
    """
    return await asyncio.to_thread(_admit, local(reference.strip()))


async def load(path: str, wanted: Modality) -> Image | Audio | str:
    """An admitted file as a slot of that modality takes it; a video or table stays a path.

    Raises:
        ResourceError: it is of another modality, or damaged.
    """
    return await asyncio.to_thread(_load, Path(path), wanted)


def modality(reference: str) -> Modality:
    """What a reference holds, by its name: ``text`` unless the extension or media type says otherwise."""
    if reference.startswith("data:"):
        mime = reference[5:].partition(",")[0].partition(";")[0]
        return EXTENSIONS.get(_extension(mime)) or _MAJOR.get(mime.partition("/")[0], "text")
    return EXTENSIONS.get(suffix(reference), "text")


def is_reference(value: str) -> bool:
    """Whether a text slot's value names a document, rather than being the text. Looks at the disk."""
    if len(value) > 4096 and not value.startswith("data:"):
        return False
    if value.startswith(("http://", "https://", "file://", "data:")):
        return not re.search(r"\s", value)
    return "\n" not in value and suffix(value) in EXTENSIONS and Path(value).expanduser().is_file()


_MAJOR: dict[str, Modality] = {"image": "image", "audio": "audio", "video": "video"}
mimetypes.init()  # it reads the system's list: here, and not the first time that the event loop asks
_SPECIAL = {
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/webm": ".weba",
    "text/plain": ".txt",
    "image/jpg": ".jpg",
}


def _extension(mime: str) -> str:
    return _SPECIAL.get(mime) or mimetypes.guess_extension(mime) or ""


def _admit(reference: str) -> str:
    scheme = reference.partition(":")[0].lower()
    if not reference or "\0" in reference:
        raise ResourceError("The name of a file is empty or damaged; give a path, a link or a data URI.")
    if scheme in {"http", "https"}:
        return _keep(lambda target: download(reference, target), _name_in(reference))
    if scheme == "data":
        return _keep(lambda target: _unpack(reference, target), _name_in_data(reference))
    if scheme != "file" and "://" in reference:
        raise ResourceError(f"Links of the kind {scheme}:// are not supported; give an http(s) link or a path.")
    path = Path(f"/{link_path(reference)}" if scheme == "file" else reference)
    return str(_checked(path))


def _checked(given: Path) -> Path:
    """The path of a readable, allowed file of a supported format, rightly named."""
    try:
        path = given.expanduser()
        _check_place(path.resolve(), given.name)
        _check_size(path, given.name)
        extension = settle(given.name, path)
    except PermissionError:
        raise ResourceError(f"{given.name} may not be read by this program; change its permissions.") from None
    except (OSError, RuntimeError):  # a name too long, an unknown ~user, a device that fails
        raise ResourceError(f"{given.name[:80]} cannot be read; check the path.") from None
    if not path.suffix or path.suffix.lower() not in EXTENSIONS:
        return Path(_keep(lambda target: str(shutil.copyfile(path, target)), path.name))
    if EXTENSIONS[extension] == "image":
        _decodable(path, path.stat().st_mtime_ns)
    return path


@lru_cache(maxsize=1024)
def _decodable(path: Path, _changed: int) -> None:
    """Decode a picture to see that it is whole; once, as every task that takes it asks again."""
    media.image(path)


def _check_place(path: Path, name: str) -> None:
    for root in (folder.resolve() for folder in [*settings().folders, settings().out]):
        if path.is_relative_to(root) and not any(part.startswith(".") for part in path.relative_to(root).parts):
            return
    raise ResourceError(
        f"{name} is outside the folders that may be read, or hidden; copy it here"
        " or name its folder in HUGGINGGPT_FOLDERS."
    )


def _check_size(path: Path, name: str) -> None:
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


def _keep(fill: Callable[[Path], str], name: str) -> str:
    """Save what ``fill`` writes (it returns the media type) in a folder named by the content, and check it."""
    inputs = settings().out / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=inputs, prefix=".new-") as folder:
        fresh = Path(folder) / f"{_safe(Path(name).stem)}{suffix(name)}"
        mime = fill(fresh)
        _check_size(fresh, name)
        extension = settle(name if suffix(name) in EXTENSIONS else name + _textual(mime), fresh)
        if EXTENSIONS[extension] == "image":
            media.image(fresh)
        target = inputs / digest(fresh)[:16] / f"{_safe(Path(name).stem)}{extension}"
        target.parent.mkdir(exist_ok=True)
        fresh.replace(target)
    return str(target)


def _textual(mime: str) -> str:
    """The extension for a text's media type: content alone cannot tell CSV, JSON and Markdown apart."""
    extension = _extension(mime)
    return extension if EXTENSIONS.get(extension) in {"text", "table"} and extension not in {".pdf", ".xlsx"} else ""


def _safe(stem: str) -> str:
    return re.sub(r"[^\w.-]+", "_", stem)[:60].strip("._") or "file"


def _name_in(url: str) -> str:
    return Path(link_path(url)).name or "page"


def _name_in_data(reference: str) -> str:
    header = reference[5:].partition(",")[0]
    name = re.search(r";(?:file)?name=([^;]+)", header)
    return Path(unquote(name[1])).name if name else "attachment"


def _unpack(reference: str, target: Path) -> str:
    header, comma, body = reference[5:].partition(",")
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


_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def _load(path: Path, wanted: Modality) -> Image | Audio | str:
    have = EXTENSIONS.get(suffix(path.name))
    if have is None:
        raise ResourceError(f"{path.name} is in a format that is not supported.")
    if wanted == "text":
        return media.text(path)
    if wanted != have and (wanted, have) != ("audio", "video"):
        raise ResourceError(f"{path.name} is {kind(suffix(path.name))}, but {kind(_SAMPLE[wanted])} is needed here.")
    if wanted == "image":
        return media.image(path)
    return media.audio(path) if wanted == "audio" else str(path)


_SAMPLE: dict[Modality, str] = {"image": ".png", "audio": ".wav", "video": ".mp4", "table": ".csv", "text": ".txt"}
