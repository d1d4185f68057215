"""What LangGraph itself would pass over in silence: turns that get lost, and a limit under which nothing would move."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph._internal._constants import CONFIG_KEY_CALL
from langgraph.checkpoint.base.id import UUID
from langgraph.config import get_config
from langgraph.runtime import ExecutionInfo

from graph.record import address, checkpointer
from tools.errors import ConfigError

PATIENCE = 5.0  # seconds by which clocks may differ
_ORDERED = 6  # the version of UUIDs that are ordered by time
_EPOCH = 0x01B21DD213814000  # 1970 in their count of 100 ns


async def in_order(info: ExecutionInfo | None, *, new: bool) -> None:
    """Wait until the clock has passed the conversation's newest checkpoint, which another machine may have made.

    The checkpoint of the latest time is the one that is found again. A ``new`` turn has begun with one of its own; a
    turn that goes on begins from the newest.

    Raises:
        ConfigError: the clock is far behind; whatever this turn would keep could not be found again.
    """
    newest = (await _newest(info) if new else info.checkpoint_id) if info else None
    behind = _seconds(newest) - time.time() if newest else 0.0
    if behind > PATIENCE:
        raise ConfigError(
            f"The clock of this machine is {behind:.0f} s behind the last turn of this conversation, "
            "so that this turn would be lost: set the clock right, or begin a new conversation."
        )
    await asyncio.sleep(max(0.0, behind))


async def _newest(info: ExecutionInfo) -> str | None:
    """The id of the newest checkpoint of the current conversation, if any is kept."""
    saver = checkpointer()
    kept = await saver.aget_tuple(address(info, newest=True)) if saver else None
    return kept.checkpoint["id"] if kept else None


def _seconds(checkpoint: str) -> float:
    """When a checkpoint was made, in seconds since the epoch, as its id tells."""
    made = UUID(checkpoint)
    return (made.time - _EPOCH) / 1e7 if made.version == _ORDERED else 0.0


@asynccontextmanager
async def lent_place() -> AsyncIterator[None]:
    """Under LangGraph's ``max_concurrency`` a stage that streams holds a place: let its tasks have it meanwhile.

    Without it a limit of one would hang for ever. A stage that fails need not have its place back.
    """
    semaphore = _held()
    if semaphore:
        semaphore.release()
    yield
    if semaphore:
        await semaphore.acquire()


def _held() -> asyncio.Semaphore | None:
    """LangGraph's limit, if there is one and the current stage counts towards it: only when the run is streamed."""
    config = get_config()
    submit = config["configurable"][CONFIG_KEY_CALL].keywords["submit"]()
    running = {task.get_name() for task in submit.__self__.tasks}
    semaphore: asyncio.Semaphore | None = submit.__self__.semaphore
    return semaphore if config.get("metadata", {}).get("langgraph_node") in running else None
