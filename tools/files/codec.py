"""Media as the bytes that travel, and back."""

import base64
import io
import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tools.errors import BadOutput
from tools.files import artifacts
from tools.protocol import Audio, Video
from tools.settings import settings

if TYPE_CHECKING:
    from av.container import InputContainer
    from huggingface_hub.inference._common import MimeBytes

    from tools.protocol import Media

FPS = 16.0  # of a video that does not say
LONGEST_SIDE = 2000  # pixels of an image that travels
SPEECH = 16_000  # Hz
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # of images that models give
FILM_PIXELS = 2**30  # of all frames of a film together: 20 s in full HD, 3 GB
_DRAWING = 1024  # colours that a drawing has at most, and a photo more


def encode(medium: "Media | str | Path") -> "MimeBytes":
    """PNG, WAV or MP4, with its media type; a path is a file that goes as it is."""
    # A named type of bytes is the only way in which the client sends the media type of what is not a file.
    from huggingface_hub.inference._common import MimeBytes

    if isinstance(medium, str | Path):
        path = Path(medium)
        return MimeBytes(path.read_bytes(), mimetypes.guess_type(path.name)[0])
    extension, data = artifacts.encode(medium)
    return MimeBytes(data, mimetypes.guess_type(f"file{extension}")[0])


def light(medium: "Media | str | Path") -> "MimeBytes":
    """The same as models need it, in a fraction of the bytes.

    A photo becomes a JPEG of at most ``LONGEST_SIDE`` pixels a side, and a drawing a PNG of that size; sound becomes
    16 kHz mono FLAC, which is what models that listen are trained on.
    """
    from huggingface_hub.inference._common import MimeBytes

    if isinstance(medium, Image.Image):
        return MimeBytes(*_light_image(medium))
    return MimeBytes(_flac(_speech(medium)), "audio/flac") if isinstance(medium, Audio) else encode(medium)


def shrunk(size: tuple[int, int]) -> float:
    """By what the sides of an image of that size are divided before it travels: 1 or more."""
    return max(1.0, max(size) / LONGEST_SIDE)


def base64_of(data: bytes) -> str:
    """Bytes as JSON carries them."""
    return base64.b64encode(data).decode()


def data_uri(image: Image.Image) -> str:
    """An image as chat messages carry it."""
    data, kind = _light_image(image)
    return f"data:{kind};base64,{base64_of(data)}"


def image(data: bytes | str | Image.Image) -> Image.Image:
    """Decode bytes or base64. Raises OSError or ValueError for what is no image, or is larger than images may be."""
    if isinstance(data, str):
        data = base64.b64decode(data)
    picture = data if isinstance(data, Image.Image) else Image.open(io.BytesIO(data), formats=FORMATS)
    if picture.width * picture.height > settings().max_pixels:
        raise BadOutput(f"The model gave an image of {picture.width}x{picture.height} pixels, which is too large.")
    if picture.format not in {None, *FORMATS}:  # one that another library opened
        raise ValueError(f"an image in the format {picture.format}")
    picture.load()
    return picture


def audio(data: bytes) -> Audio:
    """Decode WAV, FLAC, MP3 or Ogg. Raises ValueError for what is none of them, or takes more room than files may."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            if sound.frames * sound.channels * 2 > settings().max_bytes:  # in the file that it becomes
                raise BadOutput(f"The model gave {sound.frames / sound.samplerate:.0f} s of sound, which is too much.")
            return Audio(sound.read(dtype="float32"), int(sound.samplerate))
    except soundfile.SoundFileError as error:
        raise ValueError("not a sound file") from error


def video(data: bytes) -> Video:
    """Decode MP4, WebM or any other form that FFmpeg's libraries know. Raises ValueError for what is none."""
    import av

    try:
        with av.open(io.BytesIO(data), "r") as container:
            rate = container.streams.video[0].average_rate
            frames = list(_frames(container))
            container.seek(0)
            sound = _sound(container)
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("not a video") from error
    return Video(frames, float(rate or FPS), sound)


def _frames(container: "InputContainer") -> Iterator[Image.Image]:
    """The pictures of a film, as many as there is room for."""
    left = FILM_PIXELS
    for frame in container.decode(video=0):
        left -= frame.width * frame.height
        if left < 0:
            raise BadOutput("The model gave a film that is too long for its size.")
        yield Image.fromarray(frame.to_ndarray(format="rgb24"))


def _sound(container: "InputContainer") -> Audio | None:
    """The sound of a film, if it has any, in mono or stereo."""
    import av

    if not container.streams.audio:
        return None
    stream = container.streams.audio[0]
    resampler = av.AudioResampler(format="flt", layout="mono" if stream.channels == 1 else "stereo")
    chunks, room = [], settings().max_bytes // 4
    for frame in container.decode(stream):
        chunks += [piece.to_ndarray().reshape(-1, len(piece.layout.channels)) for piece in resampler.resample(frame)]
        room -= sum(chunk.size for chunk in chunks[-1:])
        if room < 0:
            raise BadOutput("The model gave a film with too much sound.")
    samples = np.concatenate(chunks) if chunks else np.zeros((0, 1), np.float32)
    return Audio(samples[:, 0] if samples.shape[1] == 1 else samples, int(stream.rate)) if len(samples) else None


def _light_image(image: Image.Image) -> tuple[bytes, str]:
    factor, buffer = shrunk(image.size), io.BytesIO()
    if factor > 1:
        image = image.resize((max(1, round(image.width / factor)), max(1, round(image.height / factor))))
    if image.mode == "RGB" and image.getcolors(_DRAWING) is None:
        image.save(buffer, "JPEG", quality=90)
        return buffer.getvalue(), "image/jpeg"
    image.save(buffer, "PNG")
    return buffer.getvalue(), "image/png"


def _speech(sound: Audio) -> Audio:
    """One channel at 16 kHz; what is slower stays as it is."""
    import av

    samples = sound.samples.mean(axis=1) if sound.samples.ndim > 1 else sound.samples
    if sound.rate <= SPEECH:
        return Audio(samples, sound.rate)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None], np.float32), format="flt", layout="mono")
    frame.sample_rate = sound.rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SPEECH)
    pieces = [piece.to_ndarray()[0] for piece in (*resampler.resample(frame), *resampler.resample(None))]
    return Audio(np.concatenate(pieces), SPEECH)


def _flac(sound: Audio) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(sound.samples, -1, 1), sound.rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
