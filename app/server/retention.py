"""What is too old goes by itself: what browsers left behind after a day, everything else as the owner has set it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.audit import audit
from app.checkpoints import LazyMemory
from app.data.everything import Everything
from app.data.item import Choice
from tools.errors import HuggingGPTError

EVERY = 3600.0  # seconds
PASSING = Choice(older=1, kinds=frozenset({"page copy", "answer"}))
log = logging.getLogger(__name__)


@asynccontextmanager
async def swept(memory: LazyMemory, keep: float) -> AsyncIterator[None]:
    """Sweep every hour while the server runs; ``keep`` is in days, 0 for ever."""
    sweeping = asyncio.create_task(_sweep(memory, keep))
    try:
        yield
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping


async def _sweep(memory: LazyMemory, keep: float) -> None:
    while True:
        try:
            await sweep(Everything(await memory()), keep)
        except HuggingGPTError as error:  # the owner can do something about it
            log.warning("What is too old could not be deleted: %s", error)
        except Exception:  # the next round may succeed, and the server goes on meanwhile
            log.exception("What is too old could not be deleted")
        await asyncio.sleep(EVERY)


async def sweep(kept: Everything, keep: float) -> None:
    """Delete what is too old; nothing that the command line keeps."""
    await kept.delete(PASSING)
    if keep:
        deleted = await kept.delete(Choice(older=keep, own=False))
        if deleted.gone:
            audit("retention", "", **deleted.to_json())
