"""Pictures from a video: some of it, upright, in bounded memory however long it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from tools.errors import ResourceError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

_SIDE = 640  # pixels: models of videos look at 224 to 448
_LONG = 300.0  # seconds beyond which only key frames are decoded
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


def spread(path: Path, count: int) -> list[Image.Image]:
    """``count`` RGB frames spread evenly over a video, the first and the last among them; a short one repeats some.

    Raises:
        ResourceError: it is damaged, or has no pictures.
    """
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as container:
            frames = list(_thinned(container, count)) if container.streams.video else []
    except (av.FFmpegError, OSError, ValueError):
        raise ResourceError(f"{path.name} is damaged and cannot be shown; save it again.") from None
    if not frames:
        raise ResourceError(f"{path.name} has no pictures; give a video.")
    return [frames[round(i * (len(frames) - 1) / max(1, count - 1))] for i in range(count)]


def _thinned(container: "InputContainer", count: int) -> list[Image.Image]:
    """Every frame, or every second, fourth, ... of a longer video: never more than four times as many as are wanted."""
    kept: list[Image.Image] = []
    last: VideoFrame | None = None
    step = 1
    for number, frame in enumerate(_decoded(container)):
        last = frame
        if number % step:
            continue
        kept.append(upright(frame))
        if len(kept) > 4 * count:
            kept, step = kept[::2], 2 * step
    return kept + ([upright(last)] if last is not None and number % step else [])


def _decoded(container: "InputContainer") -> Iterator["VideoFrame"]:
    stream: Any = container.streams.video[0]
    stream.thread_type = "AUTO"
    if (container.duration or 0) > _LONG * 1e6:
        stream.codec_context.skip_frame = "NONKEY"
    return container.decode(stream)


def upright(frame: "VideoFrame", most: int = _SIDE) -> Image.Image:
    """A decoded frame as it is meant to be seen, its sides at most so many pixels."""
    scale = min(1.0, most / max(frame.width, frame.height))
    size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
    picture: Image.Image = frame.to_image(**dict(zip(("width", "height"), size, strict=True)) if scale < 1 else {})  # type: ignore[no-untyped-call]  # PyAV's own
    turn = _TURNS.get(frame.rotation % 360)
    return picture if turn is None else picture.transpose(turn)
