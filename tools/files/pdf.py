"""The words of a PDF, within bounds: a small file may hold pages without end. Needs the extra ``embedded``."""

import io
import time
from functools import lru_cache
from pathlib import Path

from PIL import Image
from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, LimitReachedError, PyPdfError

from tools.errors import BadOutput, ResourceError
from tools.files.pages import BREAK
from tools.settings import settings

MAX_PAGES = 1000
MAX_CHARACTERS = 5_000_000  # about 2,000 printed pages
MAX_SCANS = 50  # pages that are pictures; reading one takes a second or more
MAX_SECONDS = 30  # a page may draw the same words a million times
# Beside its own errors pypdf raises these for files that are not as the standard wants them
_BROKEN = (AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError)


class _TooSlow(Exception):
    """Reading has taken as long as it may."""


def words(path: Path, seconds: float = MAX_SECONDS) -> str:
    """The text of all pages, with a page break between two; what is a picture of a page is read by OCR.

    Raises:
        ResourceError: it is damaged or locked, or beyond ``seconds``, the bounds above or those of pypdf.
    """
    try:
        return _read(path, time.monotonic() + seconds)
    except LimitReachedError:  # such as a few kilobytes that unpack to gigabytes
        raise _too_large(path, "unpacks to more than can be read") from None
    except _TooSlow:
        raise _too_large(path, f"takes more than {seconds:g} s to read") from None
    except (PyPdfError, DependencyError, *_BROKEN):
        raise ResourceError(f"{path.name} is damaged or locked with a password; give an open PDF.") from None


def _read(path: Path, until: float) -> str:
    def check(*_: object) -> None:
        """Called before everything that a page draws."""
        if time.monotonic() > until:
            raise _TooSlow

    pages, texts, size, scans = PdfReader(path).pages, list[str](), 0, 0
    if len(pages) > MAX_PAGES:
        raise _too_large(path, f"has {len(pages):,} pages, and at most {MAX_PAGES:,} are read")
    for page in pages:
        text = page.extract_text(visitor_operand_before=check)
        if not text.strip():
            begun, scans = time.monotonic(), scans + 1
            text = _scanned(page) if scans <= MAX_SCANS else ""
            until += time.monotonic() - begun  # the bound is for what a page draws
        texts.append(text)
        size += len(text)
        if size > MAX_CHARACTERS:
            raise _too_large(path, f"holds more than {MAX_CHARACTERS:,} characters")
    if scans > MAX_SCANS:
        raise _too_large(path, f"has {scans} scanned pages, and at most {MAX_SCANS} are read")
    return BREAK.join(texts)


def _scanned(page: PageObject) -> str:
    """What is printed in the largest picture of a page; nothing where it holds none."""
    pictures = [image.data for image in page.images]
    return _printed(max(pictures, key=len)) if pictures else ""


@lru_cache(maxsize=64)  # every task that takes the document asks again
def _printed(content: bytes) -> str:
    from tools.files import ocr

    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > settings().max_pixels:
                return ""
            return ocr.read(picture.convert("RGB")).text or ""
    except (BadOutput, OSError):
        return ""


def _too_large(path: Path, what: str) -> ResourceError:
    return ResourceError(f"{path.name} {what}; give the pages that matter as a PDF of their own.")
