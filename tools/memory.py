"""Memory that this process has freed and still holds."""

import ctypes
import os
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

_MUCH = 128 * 2**20  # bytes by which the process may have grown before it is worth some milliseconds


def resident() -> int:
    """Bytes of memory that this process holds now; 0 where the system does not tell as Linux does."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Trimmer:
    """Has memory given back by ``trim`` where what is ``resident`` has grown by much since that was last done."""

    def __init__(self, trim: Callable[[], None], measure: Callable[[], int] = resident) -> None:
        self._trim, self._measure = trim, measure
        self._least, self._lock = 0, threading.Lock()

    def __call__(self) -> None:
        """Look, and trim if it is time; takes microseconds if not."""
        with self._lock:
            held = self._measure()
            if held > self._least + _MUCH:
                self._trim()
                held = self._least = self._measure()
            self._least = min(self._least, held)


def _trim() -> None:
    """Give back what is free in all of glibc's arenas; of other C libraries none keeps so much.

    Each thread has an arena of its own, whose free blocks below 32 MB are kept for it: after pictures of 50
    megapixels, which Pillow holds in blocks of 16 MB, gigabytes.
    """
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # not everywhere are a program's own symbols to be had
        return None


give_back = Trimmer(_trim)
