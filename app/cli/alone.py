"""One process at a time for each conversation of the command line."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from app.checkpoints import path
from tools.errors import InputError


@contextmanager
def alone(thread: str) -> Iterator[None]:
    """Hold the conversation; the lock goes with the process, however that ends.

    Raises:
        InputError: another process holds it.
    """
    folder = path().parent / ".busy"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / thread
    with file.open("w") as lock:
        with suppress(ImportError):  # not on Windows
            from fcntl import LOCK_EX, LOCK_NB, flock

            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except OSError:
                raise InputError("Another process is at work on this conversation; wait until it has ended.") from None
        yield
        file.unlink(missing_ok=True)
