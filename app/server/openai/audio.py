"""``/v1/audio/speech`` and ``/v1/audio/transcriptions``: the tasks text-to-speech and automatic-speech-recognition."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Literal

import soundfile
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.owner import Owner
from app.server import in_process
from app.server.body import read
from app.uploads import keep
from tools.errors import InputError
from tools.files.places import here

# What libsndfile calls each format and its coding, and the media type
_FORMATS = {
    "mp3": ("MP3", "MPEG_LAYER_III", "audio/mpeg"),
    "opus": ("OGG", "OPUS", "audio/ogg"),
    "flac": ("FLAC", "PCM_16", "audio/flac"),
    "wav": ("WAV", "PCM_16", "audio/wav"),
    "pcm": ("RAW", "PCM_16", "audio/pcm"),
}
_RATE = 24_000  # Hz, which OpenAI's clients expect of pcm and opus can hold


class Speech(BaseModel):
    """The body. Voices are those of the model here, whatever their name; the speed is its own."""

    input: str = Field(min_length=1, max_length=20_000)
    response_format: Literal["mp3", "opus", "flac", "wav", "pcm"] | None = "mp3"
    speed: float | None = Field(None, ge=1, le=1)
    stream_format: Literal["audio"] | None = None


async def speech(request: Request) -> Response:
    """``POST /v1/audio/speech``: the recording itself."""
    body = await read(request, Speech)
    spoken = in_process.call(Owner.of(request), "text-to-speech", {"text": body.input}, "openai")
    (path, *_) = (await in_process.unless_gone(request, spoken))["files"]
    container, coding, mime = _FORMATS[body.response_format or "mp3"]
    return Response(await asyncio.to_thread(_encoded, path, container, coding), media_type=mime)


def _encoded(path: str, container: str, coding: str) -> bytes:
    samples, rate = soundfile.read(here(path), dtype="float32")
    if container in {"RAW", "OGG"} and rate != _RATE:
        from scipy.signal import resample_poly

        samples, rate = resample_poly(samples, _RATE, rate), _RATE
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=container, subtype=coding)
    return buffer.getvalue()


async def transcriptions(request: Request) -> Response:
    """``POST /v1/audio/transcriptions``, a form with the recording: its words as JSON, plain, or streamed at once."""
    async with request.form(max_files=1, max_fields=20) as form:
        file, shape = form.get("file"), form.get("response_format") or "json"
        streamed = str(form.get("stream")).lower() in {"true", "1"}
        if not isinstance(file, UploadFile):
            raise InputError("Send a form (multipart/form-data) with the recording as its field file.")
        if shape not in {"json", "text"}:
            raise InputError(f"response_format {shape!r} needs times, which are not kept here; use json or text.")
        owner = Owner.of(request)
        path = await owner.do(keep(file.filename or "recording.wav", await file.read()))
    heard = in_process.call(owner, "automatic-speech-recognition", {"audio": path}, "openai")
    text = (await in_process.unless_gone(request, heard))["text"]
    if streamed:
        return EventSourceResponse(_at_once(text), sep="\n")
    return PlainTextResponse(text) if shape == "text" else JSONResponse({"text": text})


async def _at_once(text: str) -> AsyncIterator[dict[str, str]]:
    """The events of a transcription that comes all at once."""
    yield {"data": json.dumps({"type": "transcript.text.delta", "delta": text})}
    yield {"data": json.dumps({"type": "transcript.text.done", "text": text})}
