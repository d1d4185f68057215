"""What can be taken out of a film: its sound, and single pictures."""

import re
from pathlib import Path

from tools.errors import InputError
from tools.experts.wording import format_of
from tools.files import media
from tools.protocol import Output

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:s\b|sec|second)")
_MINUTES = re.compile(r"(\d+(?:\.\d+)?)\s*(?:m\b|min)")


def sound(video: str, manner: str | None = None) -> Output:
    """The film's sound track, in the format that the words name."""
    return Output(media=(media.audio(Path(video)),), format=format_of(manner or ""))


def frame(video: str, text: str | None = None) -> Output:
    """One picture: at the time that the text names (``2.5 seconds``, ``1:05``, ``middle``, ``end``), else the first.

    Raises:
        InputError: the film is shorter, or damaged.
    """
    import av

    try:
        with av.open(video) as opened:
            stream = opened.streams.video[0]
            length = (opened.duration or 0) / 1e6
            at = moment(text or "", length)
            opened.seek(int(at * 1e6), backward=True)
            wanted = at - 0.5 / float(stream.average_rate or 25)
            shown = None
            for shown in opened.decode(stream):
                if (shown.time or 0) >= wanted:
                    break
            if shown is None:
                raise InputError("The film holds no picture at that time; give another.")
            picture = shown.to_image()
    except (av.FFmpegError, IndexError):
        raise InputError("The film is damaged or holds no picture; give another file.") from None
    return Output(f"The picture at {at:g} s of {length:.1f} s", {"seconds": at}, (picture,))


def moment(words: str, length: float) -> float:
    """The time in seconds that the words name, 0 where they name none. Raises InputError where the film is shorter."""
    text = words.lower()
    if match := _CLOCK.search(text):
        at = int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])
    else:
        minutes, seconds = _MINUTES.search(text), _SECONDS.search(text)
        at = 60 * float(minutes[1] if minutes else 0) + float(seconds[1] if seconds else 0)
    if re.search(r"\b(?:middle|halfway)\b", text):
        at = length / 2
    if re.search(r"\b(?:last|final|end)\b", text):
        at = max(0.0, length - 0.1)
    if at > length:
        raise InputError(f"The film is {length:.1f} s long, and so has no picture at {at:g} s.")
    return at
