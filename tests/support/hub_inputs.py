"""What a service understands of a request: media are opened, as Hugging Face would, and what is none is refused."""

import base64
import binascii
import io
import json
from typing import Any

import av
import soundfile
from PIL import Image

from tools.tasks import TASKS

LARGEST = 2000  # pixels a side: what is sent beyond is a waste that services refuse sooner or later
ACCEPTED = {  # https://huggingface.co/docs/inference-providers/tasks: the media types of binary requests
    "image": {"image/jpeg", "image/png", "image/webp"},
    "audio": {"audio/flac", "audio/wav", "audio/mpeg", "audio/ogg", "audio/webm", "audio/x-wav"},
    "video": {"video/mp4", "video/webm"},
}


def understood(task: str, kind: str, body: bytes) -> dict[str, Any]:
    """The JSON of a request, its media opened. Raises ValueError for what the task does not take."""
    modality = next((slot.modality for slot in TASKS[task].slots if slot.modality in ACCEPTED), None)
    if kind != "application/json":
        if modality is None or kind not in ACCEPTED[modality]:
            raise ValueError(f"Content type {kind!r} not supported")
        _open(modality, body)
        return {}
    asked: dict[str, Any] = json.loads(body)
    if modality:
        _open(modality, _bytes(asked if task != "document-question-answering" else asked["inputs"]))
    return asked


def _bytes(asked: dict[str, Any]) -> bytes:
    """The medium of a request, in base64 under one of the customary names."""
    texts = [asked.get("image"), asked.get("parameters", {}).get("image"), asked.get("inputs")]
    text = next(text for text in texts if isinstance(text, str))
    try:
        return base64.b64decode(text.rpartition(",")[2] if text.startswith("data:") else text, validate=True)
    except binascii.Error:
        raise ValueError("inputs must be base64") from None


def _open(modality: str, data: bytes) -> None:
    if modality == "image":
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as image:
            image.load()
            if max(image.size) > LARGEST:
                raise ValueError(f"an image of {image.size}")
    elif modality == "audio":
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            if not sound.frames:
                raise ValueError("no sound")
    else:
        with av.open(io.BytesIO(data)) as film:
            next(film.decode(video=0))
