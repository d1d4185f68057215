"""The words of a PDF, within bounds: a small file may hold pages without end. Needs the extra ``embedded``."""

import time
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import DependencyError, LimitReachedError, PyPdfError

from tools.errors import ResourceError

MAX_PAGES = 1000
MAX_CHARACTERS = 5_000_000  # about 2,000 printed pages
MAX_SECONDS = 30  # a page may draw the same words a million times
# Beside its own errors pypdf raises these for files that are not as the standard wants them
_BROKEN = (AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError)


class _TooSlow(Exception):
    """Reading has taken as long as it may."""


def words(path: Path, seconds: float = MAX_SECONDS) -> str:
    """The text of all pages, with an empty line between two.

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

    pages, found, size = PdfReader(path).pages, [], 0
    if len(pages) > MAX_PAGES:
        raise _too_large(path, f"has {len(pages):,} pages, and at most {MAX_PAGES:,} are read")
    for page in pages:
        found.append(page.extract_text(visitor_operand_before=check))
        size += len(found[-1])
        if size > MAX_CHARACTERS:
            raise _too_large(path, f"holds more than {MAX_CHARACTERS:,} characters")
    return "\n\n".join(found)


def _too_large(path: Path, what: str) -> ResourceError:
    return ResourceError(f"{path.name} {what}; give the pages that matter as a PDF of their own.")
