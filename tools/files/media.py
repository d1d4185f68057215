"""From a checked file to what a model takes: an RGB picture, samples, or plain text."""

import csv
import importlib
import io
import struct
import zlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence

from tools.errors import ResourceError
from tools.files.formats import EXTENSIONS, PICTURES, kind, suffix
from tools.install import command
from tools.protocol import Audio
from tools.settings import settings

if TYPE_CHECKING:
    from av.container import InputContainer

MAX_SECONDS = 3600  # of decoded sound; a small compressed file may hold days of it
MAX_SAMPLES = MAX_SECONDS * 48_000 * 2  # of all channels together: 1.4 GB
TRANSPARENT = "rgba"  # where a picture that was transparent keeps itself, in PIL's ``info``
RATES = range(1000, 768_001)  # of sound, in Hz: beyond them a header is damaged
_BROKEN = (  # whatever PIL's decoders raise for bytes that they did not expect
    *(
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        RuntimeError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
    ),
    *(struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning),
)


def image(path: Path) -> Image.Image:
    """The picture as RGB, upright, its first frame, on white where it was transparent.

    The pages of a TIFF, as scanners make them, stand under each other.
    """
    if suffix(path.name) in {".heic", ".heif"}:
        _package("pi_heif", "embedded").register_heif_opener()
    try:
        with Image.open(path, formats=PICTURES) as opened:
            _check_pixels(opened, path)
            opened.load()
            picture = _pages(opened, path) if opened.format == "TIFF" else ImageOps.exif_transpose(opened)
    except ResourceError:
        raise
    except _BROKEN as error:
        if "decompression bomb" in str(error):
            raise _too_many_pixels(path) from None
        raise ResourceError(f"{path.name} is damaged or cut short and cannot be shown; save it again.") from None
    return _rgb(picture)


def begins(path: Path) -> None:
    """See that a recording or a film is one: that its first frame can be decoded. Raises ResourceError."""
    import soundfile

    try:
        soundfile.read(str(path), frames=1)
        return
    except (soundfile.SoundFileError, AttributeError, ArithmeticError):  # not of the formats that libsndfile knows
        av = _package("av", "embedded")
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            tracks = [*container.streams.video, *container.streams.audio][:1]
            if next(container.decode(tracks), None) is not None:
                return
    except (av.FFmpegError, ValueError, AttributeError, ArithmeticError):
        pass
    raise ResourceError(f"{path.name} is damaged and cannot be decoded; save it again.")


def audio(path: Path) -> Audio:
    """The sound of a recording or a video: float samples, mono or stereo, at the file's own rate."""
    import soundfile

    try:
        about = soundfile.info(str(path))
        if about.duration > MAX_SECONDS or about.frames * about.channels > MAX_SAMPLES:
            raise _too_long(path)
        samples, rate = soundfile.read(str(path), dtype="float32")
    except (soundfile.SoundFileError, AttributeError, ArithmeticError):  # unknown, or without a rate
        samples, rate = _decode(path)
    if not len(samples):
        raise ResourceError(f"{path.name} holds no sound; give another recording.")
    if int(rate) not in RATES:
        raise ResourceError(f"{path.name} is damaged: {rate} samples a second cannot be; save it again.")
    return Audio(samples if samples.ndim == 1 or samples.shape[1] == 2 else samples.mean(axis=1), int(rate))


def text(path: Path) -> str:
    """The words of a document: of a PDF's pages, a web page's main part, or the file itself."""
    extension = suffix(path.name)
    if EXTENSIONS.get(extension) not in {"text", "table"} or extension == ".xlsx":
        raise ResourceError(f"{path.name} is {kind(extension)}, but a text is needed here.")
    words = _DOCUMENTS.get(extension, _decoded_text)(path).strip()
    if not words:
        raise ResourceError(f"No text was found in {path.name}; give another file.")
    return words


def table(path: Path) -> dict[str, list[str]]:
    """The columns of a CSV or TSV file or of a workbook's first sheet, by the names in the header line, as texts.

    A row that is too short ends in empty cells.
    """
    if suffix(path.name) == ".xlsx":
        _package("openpyxl", "embedded")
        from tools.files import workbook

        return workbook.columns(path)
    content = _decoded_text(path)
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(content[:8192], ",;\t|")
    except csv.Error:  # one column alone
        dialect = csv.excel
    try:  # any line ends: LF, CR LF, a lone CR, and line breaks inside quotes
        header, *rows = [row for row in csv.reader(io.StringIO(content, newline=""), dialect) if any(row)]
    except (ValueError, csv.Error):
        raise ResourceError(f"{path.name} is not a table; give a CSV file with a header line.") from None
    rows = [row for row in rows if row != header]  # as files have it that were appended to each other
    return {name: [row[i] if i < len(row) else "" for row in rows] for i, name in enumerate(_distinct(header))}


def _distinct(header: list[str]) -> list[str]:
    """The names of the columns, each once: ``price, price (2), column 3``."""
    names: list[str] = []
    for number, title in enumerate(header, 1):
        name, times = title.strip() or f"column {number}", 1
        while (fresh := name if times == 1 else f"{name} ({times})") in names:
            times += 1
        names.append(fresh)
    return names


def _check_pixels(opened: Image.Image, path: Path) -> None:
    if opened.width * opened.height > settings().max_pixels:
        raise _too_many_pixels(path)


def _pages(opened: Image.Image, path: Path) -> Image.Image:
    """All pages of a TIFF under each other; the picture itself where it has but one."""
    count = getattr(opened, "n_frames", 1)
    if count == 1:
        return ImageOps.exif_transpose(opened)
    if opened.width * opened.height * count > settings().max_pixels:
        raise _too_many_pixels(path)
    pages = [ImageOps.exif_transpose(page).convert("RGB") for page in ImageSequence.Iterator(opened)]
    sheet = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)), "white")
    for number, page in enumerate(pages):
        sheet.paste(page, (0, sum(above.height for above in pages[:number])))
    return sheet


def _too_many_pixels(path: Path) -> ResourceError:
    limit = settings().max_pixels / 1e6
    return ResourceError(f"{path.name} has more than {limit:g} million pixels; give a smaller picture.")


def _too_long(path: Path) -> ResourceError:
    return ResourceError(f"{path.name} is longer than {MAX_SECONDS // 60} minutes; give a shorter recording.")


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode[0] in "IF":  # 16 bits and more: PIL's conversion would clip them all to white
        values = np.asarray(picture, dtype=np.float32)
        span = float(np.ptp(values)) or 1.0
        return Image.fromarray(((values - values.min()) * (255 / span)).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
        flat.info[TRANSPARENT] = layer
        return flat
    return picture.convert("RGB")


def _decode(path: Path) -> tuple[NDArray[np.float32], int]:
    """Decode what libsndfile does not know (MP4, WebM, AAC) by FFmpeg's libraries, which PyAV brings along."""
    av = _package("av", "embedded")
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise ResourceError(f"{path.name} has no sound track; give a recording.")
            chunks, rate = _resampled(container, av, path)
    except (av.FFmpegError, ValueError, AttributeError, ArithmeticError):
        raise ResourceError(f"{path.name} is damaged and cannot be decoded; save it again.") from None
    samples = np.concatenate(chunks, axis=1) if chunks else np.zeros((1, 0), np.float32)
    return samples.mean(axis=0) if len(samples) > 2 else samples.T.squeeze(), rate


def _resampled(container: "InputContainer", av: ModuleType, path: Path) -> tuple[list[Any], int]:
    resampler, chunks, frames = av.AudioResampler(format="fltp"), [], 0
    rate, channels = container.streams.audio[0].rate, container.streams.audio[0].channels
    for frame in container.decode(audio=0):
        chunks += [piece.to_ndarray() for piece in resampler.resample(frame)]
        frames += frame.samples
        if frames > MAX_SECONDS * rate or frames * channels > MAX_SAMPLES:
            raise _too_long(path)
    return chunks, rate


def _pdf(path: Path) -> str:
    _package("pypdf", "embedded")
    from tools.files import pdf

    return pdf.words(path)


def _office(path: Path) -> str:
    _package("lxml", "embedded")
    from tools.files import office

    return office.words(path)


def _html(path: Path) -> str:
    trafilatura = _package("trafilatura", "embedded")
    page = _decoded_text(path)
    return trafilatura.extract(page, include_comments=False) or " ".join(trafilatura.html2txt(page).split())


def _decoded_text(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _package(name: str, extra: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise ResourceError(f"Reading this file needs the package {name}; install it with: {command(extra)}.") from None


_DOCUMENTS = {".pdf": _pdf, ".html": _html, ".htm": _html}
_DOCUMENTS |= dict.fromkeys((".docx", ".odt", ".pptx", ".epub"), _office)
