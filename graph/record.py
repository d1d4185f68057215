"""What has ended, written down before anybody is told: after a crash no task that was told finished runs again.

LangGraph saves what a ``@task`` returns in the background, some time after the task has ended. Here the very same
write (checkpoint, task, channel) is made by the task itself, and waited for; LangGraph's own then finds it done.
"""

import asyncio
import logging
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import CONFIG_KEY_CHECKPOINTER, CONFIG_KEY_DURABILITY, RETURN
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_config
from langgraph.runtime import ExecutionInfo, get_runtime

from graph.state import Result

_LONGEST = 60.0  # seconds that a checkpoint may take to be saved, on a machine that has much else to do
log = logging.getLogger(__name__)


def checkpointer() -> BaseCheckpointSaver[Any] | None:
    """What keeps the current run, if anything does."""
    saver = get_config()["configurable"].get(CONFIG_KEY_CHECKPOINTER)
    return saver if isinstance(saver, BaseCheckpointSaver) else None


class Record:
    """The record of one execution of a plan; without a checkpointer nothing is kept. Begin it in the stage itself."""

    def __init__(self) -> None:
        at_exit, info = get_config()["configurable"].get(CONFIG_KEY_DURABILITY) == "exit", get_runtime().execution_info
        self._saver = None if at_exit else checkpointer()
        self._config = address(info) if info else {}
        self._based: asyncio.Task[None] | None = None

    async def keep(self, result: Result) -> None:
        """Make the result of the current LangGraph task durable. A saver that fails is told of by the run's own end."""
        info = get_runtime().execution_info
        if self._saver is None or info is None:
            return
        write = self._saver.aput_writes(self._config, [(RETURN, result)], info.task_id)
        self._based = self._based or asyncio.create_task(self._base(self._saver))
        # Shielded: a cancelled write would leave the connection of some savers unusable, and the answer is there
        ends = await asyncio.shield(asyncio.gather(write, self._based, return_exceptions=True))
        if failed := [str(end) for end in ends if isinstance(end, Exception)]:
            log.warning("Task %s could not be recorded: %s", result.id, failed[0])

    async def _base(self, saver: BaseCheckpointSaver[Any]) -> None:
        """Wait until the checkpoint is saved that the results belong to: without it nobody would find them."""
        pause, end = 0.001, asyncio.get_running_loop().time() + _LONGEST
        while await saver.aget_tuple(self._config) is None:
            if asyncio.get_running_loop().time() > end:
                raise TimeoutError("its checkpoint is not saved")
            await asyncio.sleep(pause)
            pause *= 2


def address(info: ExecutionInfo, *, newest: bool = False) -> RunnableConfig:
    """The checkpoint from which the stage began, where the writes of its tasks stand; or the conversation's newest."""
    place = {"thread_id": info.thread_id, "checkpoint_ns": info.checkpoint_ns.rpartition("|")[0]}
    return {"configurable": place if newest else place | {"checkpoint_id": info.checkpoint_id}}
