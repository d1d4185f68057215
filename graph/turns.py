"""What LangGraph itself would pass over in silence: turns that get lost, and a limit under which nothing would move."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph._internal._constants import CONFIG_KEY_CALL
from langgraph.config import get_config

from graph.state import State
from tools.errors import ConfigError

PATIENCE = 5.0  # seconds by which clocks may differ


async def in_order(state: State) -> None:
    """Wait until the clock has passed the conversation's last turn: the checkpoint of the latest time is the newest.

    Raises:
        ConfigError: the clock is far behind; whatever this turn would keep could not be found again.
    """
    behind = state.get("at", 0.0) - time.time()
    if behind > PATIENCE:
        raise ConfigError(
            f"The clock of this machine is {behind:.0f} s behind the last turn of this conversation, "
            "so that this turn would be lost: set the clock right, or begin a new conversation."
        )
    await asyncio.sleep(max(0.0, behind))


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
