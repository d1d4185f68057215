"""Media as the bytes that travel, and back."""

import base64
import io
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tools.files import artifacts
from tools.protocol import Audio, Video

if TYPE_CHECKING:
    from huggingface_hub.inference._common import MimeBytes

    from tools.protocol import Media

FPS = 16.0  # of a video that does not say


def encode(medium: "Media | str | Path") -> "MimeBytes":
    """PNG, WAV or MP4, with its media type; a path is a file that goes as it is."""
    # A named type of bytes is the only way in which the client sends the media type of what is not a file.
    from huggingface_hub.inference._common import MimeBytes

    if isinstance(medium, str | Path):
        path = Path(medium)
        return MimeBytes(path.read_bytes(), mimetypes.guess_type(path.name)[0])
    extension, data = artifacts.encode(medium)
    return MimeBytes(data, mimetypes.guess_type(f"file{extension}")[0])


def base64_of(medium: "Media | str | Path") -> str:
    """The bytes in base64, as JSON carries them."""
    return base64.b64encode(encode(medium)).decode()


def data_uri(image: Image.Image) -> str:
    """An image as chat messages carry it."""
    return f"data:image/png;base64,{base64_of(image)}"


def image(data: bytes | str | Image.Image) -> Image.Image:
    """Decode bytes or base64. Raises OSError or ValueError for what is no image."""
    if isinstance(data, Image.Image):
        data.load()
        return data
    picture = Image.open(io.BytesIO(base64.b64decode(data) if isinstance(data, str) else data))
    picture.load()
    return picture


def audio(data: bytes) -> Audio:
    """Decode WAV, FLAC, MP3 or Ogg. Raises ValueError for what is none of them."""
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    except soundfile.SoundFileError as error:
        raise ValueError("not a sound file") from error
    return Audio(samples, int(rate))


def video(data: bytes) -> Video:
    """Decode MP4, WebM or any other form that FFmpeg's libraries know. Raises ValueError for what is none."""
    import av

    try:
        with av.open(io.BytesIO(data), "r") as container:
            rate = container.streams.video[0].average_rate
            frames = [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("not a video") from error
    return Video(frames, float(rate or FPS))
