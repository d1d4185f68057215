"""Which file formats are understood, told by their names and by their first bytes."""

import re
import zipfile
import zlib
from pathlib import Path
from urllib.parse import unquote

from tools.errors import ResourceError
from tools.tasks import Modality

_BY_MODALITY: dict[Modality, str] = {
    "image": "png jpg jpeg webp gif bmp tif tiff avif heic heif",
    "audio": "wav mp3 flac ogg oga opus m4a aac weba",
    "video": "mp4 m4v mov webm mkv avi mpg mpeg",
    "text": "txt md rst html htm pdf json docx odt pptx epub",
    "table": "csv tsv xlsx",
}
EXTENSIONS: dict[str, Modality] = {f".{ext}": kind for kind, exts in _BY_MODALITY.items() for ext in exts.split()}
UNSUPPORTED = (".doc", ".ppt", ".xls", ".svg", ".psd", ".zip", ".exe")
HEAD = 4096  # bytes that tell a format
BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, KeyError, RuntimeError, ValueError)  # of zipfile
PICTURES = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")  # as PIL names them; it opens no others for us

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"GIF8", ".gif"),
    (0, b"BM", ".bmp"),
    (0, b"II*\0", ".tif"),
    (0, b"MM\0*", ".tif"),
    (8, b"WEBP", ".webp"),
    (8, b"WAVE", ".wav"),
    (8, b"AVI ", ".avi"),
    (4, b"ftypM4A", ".m4a"),
    (4, b"ftypqt", ".mov"),
    (4, b"ftyp", ".mp4"),
    (0, b"\x1aE\xdf\xa3", ".webm"),
    (0, b"OggS", ".ogg"),
    (0, b"fLaC", ".flac"),
    (0, b"ID3", ".mp3"),
    (0, b"\0\0\x01\xba", ".mpg"),
    (0, b"%PDF-", ".pdf"),
)
_ARCHIVES = {"xl/workbook.xml": ".xlsx", "word/document.xml": ".docx", "ppt/presentation.xml": ".pptx",
             "META-INF/container.xml": ".epub", "content.xml": ".odt"}  # told by what they hold  # fmt: skip
_EXACT = {".pdf", *_ARCHIVES.values()}  # formats that no other may be named as
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")


def suffix(reference: str) -> str:
    """The extension of a path or link, in lower case and with its dot; empty if there is none."""
    return Path(link_path(reference) if "://" in reference else reference).suffix.lower()


def link_path(link: str) -> str:
    """The path of a link, unquoted; it never fails, unlike urllib's parser."""
    return unquote(re.split(r"[?#]", link.partition("://")[2])[0].partition("/")[2])


def sniff(path: Path) -> str | None:
    """The extension that the content of a file deserves, or None if the format is not known."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if head[4:8] == b"ftyp" and (still := _still(head)):
        return still
    for offset, magic, extension in _SIGNATURES:
        if head.startswith(magic, offset) and not (magic == b"BM" and _is_text(head)):
            return extension
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0 and head[:2] != b"\xff\xfe":
        return ".aac" if head[1] & 0x06 == 0 else ".mp3"  # a bare MPEG frame; its layer bits tell which
    if not _is_text(head):
        return None
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    return ".html" if start.startswith((b"<!doctype html", b"<html")) else ".txt"


def fits(extension: str, held: str) -> bool:
    """Whether a file named with ``extension`` may hold what ``held`` stands for."""
    if extension in _EXACT or held in _EXACT:
        return extension == held
    family = {"table": "text", "video": "audio"}  # a CSV is text, and MP4 and Ogg hold sound as well as pictures
    want, have = (EXTENSIONS.get(name, "") for name in (extension, held))
    return family.get(want, want) == family.get(have, have)


def settle(name: str, path: Path) -> str:
    """The extension for a file called ``name`` whose bytes are at ``path``.

    Raises:
        ResourceError: the format is not supported, or the name promises something else than the file holds.
    """
    named, held = Path(name).suffix.lower(), sniff(path)
    if held not in EXTENSIONS or named in UNSUPPORTED:
        formats = ", ".join(sorted(extension[1:] for extension in EXTENSIONS))
        raise ResourceError(f"{name} is in a format that is not supported; give one of {formats}.")
    if named in EXTENSIONS and not fits(named, held):
        have, want = kind(held), kind(named)
        raise ResourceError(f"{name} is not {want} although it is named {named}: it holds {have}; give {want}.")
    return named if named in EXTENSIONS else held


def kind(extension: str) -> str:
    """What a file with this extension is, with its article, for use in a sentence."""
    if extension in _EXACT:
        return f"a file in the format {extension[1:].upper()}" if extension != ".pdf" else "a PDF"
    nouns = {"image": "an image", "audio": "a recording", "video": "a video", "text": "text", "table": "a table"}
    return nouns[EXTENSIONS[extension]]


def _still(head: bytes) -> str | None:
    """The extension of a picture in an MP4-like box, told by the brands that it lists; None for sound and video."""
    length = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, length, 4)}
    if brands & {b"avif", b"avis"}:
        return ".avif"
    return ".heic" if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1"} else None


def _is_text(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or _CONTROL.isdisjoint(head)


def _zipped(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            return next((ending for member, ending in _ARCHIVES.items() if member in names), ".zip")
    except BROKEN_ARCHIVE:
        return None
