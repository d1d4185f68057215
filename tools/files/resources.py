"""What users give, checked and brought to one form: the path or URL of a file of ours that may be read."""

import asyncio
import re
import shutil
from functools import lru_cache
from pathlib import Path

from PIL.Image import Image
from upath import UPath

from tools.errors import ResourceError
from tools.files import inputs, media
from tools.files.artifacts import local
from tools.files.content import from_content, mentioned
from tools.files.formats import EXTENSIONS, kind, link_path, settle, suffix
from tools.files.places import here, in_store, is_remote, within
from tools.protocol import Audio
from tools.settings import settings
from tools.tasks import Modality

__all__ = [
    "admit",
    "from_content",
    "is_link",
    "is_reference",
    "load",
    "may_be_reference",
    "mentioned",
    "modality",
    "name_of",
]
_SCHEMES = ("http://", "https://", "file://", "data:")


async def admit(reference: str, on_name: inputs.OnName = lambda _: None) -> str:
    """The path of a checked file for a path, http(s) or file link, or data URI; its URL where ours lie elsewhere.

    What is not ours yet is saved under the output folder, named by its content. ``on_name`` is given the file's name,
    or its path, as soon as that is certain and before all of it is fetched and checked; data is there at once.

    Raises:
        ResourceError: it cannot be used; the message says why and what to do.
        ConfigError: the output folder cannot be written.
    """
    reference = local(reference.strip())
    if is_link(reference):
        return await inputs.from_link(reference, on_name)
    if reference[:5].lower() == "data:":
        return await asyncio.to_thread(inputs.from_data, reference)
    path = await asyncio.to_thread(_admit, reference)
    on_name(path)
    await asyncio.to_thread(_whole, path)
    return path


async def load(path: str, wanted: Modality) -> Image | Audio | str:
    """An admitted file as a slot of that modality takes it; a video or table is a path on this disk.

    Raises:
        ResourceError: it is of another modality, or damaged.
    """
    return await asyncio.to_thread(_load, path, wanted)


def modality(reference: str) -> Modality:
    """What a reference holds, by its name: ``text`` unless the extension or media type says otherwise."""
    if reference.startswith("data:"):
        mime = reference[5:].partition(",")[0].partition(";")[0]
        major: dict[str, Modality] = {"image": "image", "audio": "audio", "video": "video"}
        return EXTENSIONS.get(inputs.extension_of(mime)) or major.get(mime.partition("/")[0], "text")
    return EXTENSIONS.get(suffix(reference), "text")


def name_of(reference: str) -> str:
    """The name that a reference's file goes by: its last part, or what a data URI is called."""
    if reference[:5].lower() == "data:":
        return inputs.data_name(reference)
    return Path(link_path(reference) if "://" in reference else reference).name


def is_link(reference: str) -> bool:
    """Whether a reference leads into the network."""
    return reference[:8].lower().startswith(("http://", "https://"))


def is_reference(value: str) -> bool:
    """Whether a text slot's value names a document, rather than being the text. Looks at the disk.

    A path into the folders that may be read names one also where it is gone: it is no text for a model.
    """
    if not may_be_reference(value):
        return False
    return value.startswith(_SCHEMES) or in_store(value) or Path(value).expanduser().is_file() or _leads_in(value)


def may_be_reference(value: str) -> bool:
    """The same as far as the value itself tells: no other is worth a look at the disk."""
    if len(value) > 4096 and not value.startswith("data:"):
        return False
    if value.startswith(_SCHEMES):
        return not re.search(r"\s", value)
    return "\n" not in value and suffix(value) in EXTENSIONS


def _leads_in(value: str) -> bool:
    return "/" in value and any(Path(value).absolute().is_relative_to(root.absolute()) for root in _roots())


def _roots() -> list[Path]:
    out = settings().out
    return [*settings().folders, *([] if is_remote(out) else [Path(str(out))])]


def _admit(reference: str) -> str:
    if in_store(reference):
        return str(_stored(reference))
    scheme = reference.partition(":")[0].lower()
    if not reference or "\0" in reference:
        raise ResourceError("The name of a file is empty or damaged; give a path, a link or a data URI.")
    if scheme != "file" and "://" in reference:
        raise ResourceError(f"Links of the kind {scheme}:// are not supported; give an http(s) link or a path.")
    path = Path(f"/{link_path(reference)}" if scheme == "file" else reference)
    return _checked(path)


def _stored(reference: str) -> UPath:
    """A file of the owner's that lies in object storage."""
    place = within(settings().out, reference.removeprefix(f"{settings().out}/"))
    if place is None:
        raise ResourceError(f"There is no file {Path(reference).name[:80]} among yours; check its name.")
    inputs.check_size(here(place), place.name)
    settle(place.name, here(place))
    return place


def _checked(given: Path) -> str:
    """The path of a readable, allowed file of a supported format, rightly named."""
    try:
        path = given.expanduser()
        _check_place(path.resolve(), given.name)
        inputs.check_size(path, given.name)
        settle(given.name, path)
    except ResourceError:
        raise
    except PermissionError:
        raise ResourceError(f"{given.name} may not be read by this program; change its permissions.") from None
    except (OSError, RuntimeError):  # a name too long, an unknown ~user, a device that fails
        raise ResourceError(f"{given.name[:80]} cannot be read; check the path.") from None
    if not path.suffix or path.suffix.lower() not in EXTENSIONS:
        return inputs.keep(lambda target: str(shutil.copyfile(path, target)), path.name)
    return str(path)


def _whole(reference: str) -> None:
    """See that a checked picture can be decoded to its end, and that a recording or a film begins as one."""
    kind = EXTENSIONS[suffix(reference)]
    if kind in {"image", "audio", "video"}:
        path = here(reference)
        try:
            state = path.resolve(), path.stat().st_mtime_ns
        except OSError:
            raise ResourceError(f"{path.name} cannot be read any more; check the path.") from None
        _decodable(*state, kind == "image")


@lru_cache(maxsize=1024)
def _decodable(path: Path, _changed: int, picture: bool) -> None:
    """Decode a medium to see that it is whole; once, as every task that takes it asks again."""
    (media.image if picture else media.begins)(path)


def _check_place(path: Path, name: str) -> None:
    for root in (folder.resolve() for folder in _roots()):
        if path.is_relative_to(root) and not any(part.startswith(".") for part in path.relative_to(root).parts):
            return
    raise ResourceError(
        f"{name} is outside the folders that may be read, or hidden; copy it here"
        " or name its folder in HUGGINGGPT_FOLDERS."
    )


def _load(reference: str, wanted: Modality) -> Image | Audio | str:
    path = here(reference)
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
