"""What an added tool gave, brought to the one form of all results, and kept within bounds."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeGuard

from PIL.Image import Image
from pydantic_core import to_jsonable_python

from tools.errors import BadOutput, ResourceError
from tools.extras.entry import Entry
from tools.extras.place import Place
from tools.files import codec, inputs, media
from tools.files.fetch import Trusted
from tools.files.places import here
from tools.files.resources import modality
from tools.protocol import Audio, Output, Video
from tools.tasks import Modality

LONGEST = 1_000_000  # characters of words, and of data as JSON
MOST = 100  # media


def made(outputs: Iterable[Modality | None]) -> tuple[Modality, ...]:
    """What a tool gives, each modality once; a text where nothing else is told."""
    return tuple(dict.fromkeys(output or "text" for output in outputs)) or ("text",)


def gathered(values: Iterable[object], entry: Entry) -> Output:
    """What a tool gave: its media, its texts together, and the rest as data that JSON can hold.

    No secret that opened it is in it. Raises BadOutput where it is too much.
    """
    flat = [item for value in values for item in (value if _is_gallery(value) else [value]) if item is not None]
    made_media = tuple(item for item in flat if isinstance(item, Image | Audio | Video))
    others = [
        entry.masked(to_jsonable_python(item, serialize_unknown=True))
        for item in flat
        if not isinstance(item, Image | Audio | Video)
    ]
    texts = "\n".join(str(item) for item in others if not isinstance(item, dict | list))
    data = [item for item in others if isinstance(item, dict | list)]
    if len(made_media) > MOST:
        raise BadOutput(f"{entry.source} gave {len(made_media)} files at once; {MOST} are the most.")
    if len(texts) > LONGEST or (data and len(json.dumps(data)) > LONGEST):
        raise BadOutput(f"{entry.source} gave more than {LONGEST:,} characters at once.")
    if entry.outputs[0] == "text" and not texts and not data:  # its description did not tell that it makes media
        texts = " and ".join(type(medium).__name__.lower() for medium in made_media)
    return Output(texts or None, data[0] if len(data) == 1 else data or None, made_media)


def fetched(reference: str, place: Place, trusted: Trusted | None = None) -> object:
    """What a link or data URI that a tool gave holds, as a medium or as text. To be called outside of any event loop.

    It comes by the guarded way of every link: from no private address but the place itself, never from this machine.

    Raises:
        BadOutput: it is none, or cannot be used.
    """
    try:
        if reference.startswith("data:"):
            return _decoded(here(inputs.from_data(reference)))
        if reference.startswith(("http://", "https://")):
            return _decoded(here(asyncio.run(inputs.from_link(reference, trusted=trusted))))
    except (ResourceError, ValueError) as error:
        reason = str(error).partition(";")[0].rstrip(".")
        raise BadOutput(f"{place.source} gave a file that cannot be used: {reason}.") from error
    raise BadOutput(f"{place.source} gave a link that is not followed: {reference[:100]}.")


def _decoded(path: Path) -> object:
    """A file by what it holds, whatever it is called."""
    kind = modality(str(path))
    if kind == "video":
        return codec.video(path.read_bytes())
    return {"image": media.image, "audio": media.audio}.get(kind, media.text)(path)


def _is_gallery(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Image | Audio | Video) for item in value)
