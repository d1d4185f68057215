"""Conversations in SQLite that outlast their disk: where nothing can be written, they go on in memory."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from aiosqlite import Connection
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

REMEMBERED = 64  # threads whose newest checkpoint is held in memory, too


class LastingSaver(AsyncSqliteSaver):
    """Keeps on disk what it can. ``lost`` tells, by thread, why its newest checkpoint is in memory alone.

    A request that is under way ends with its answer, and the next one is kept again if there is room by then.
    """

    def __init__(self, conn: Connection, *, serde: SerializerProtocol) -> None:
        super().__init__(conn, serde=serde)
        self.lost: dict[str, sqlite3.Error] = {}
        self._spare = InMemorySaver(serde=serde)
        self._newest: dict[str, CheckpointTuple] = {}  # of some threads, for when the file cannot be read either
        self._again = 0.0  # when a disk that failed is tried again, by the monotonic clock

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint, wherever it is."""
        lost = config["configurable"]["thread_id"] in self.lost
        return self._spare.get_tuple(config) if lost else await super().aget_tuple(config)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint, which is whole in itself: with it on disk nothing in memory is needed any more."""
        thread, begun = config["configurable"]["thread_id"], monotonic()
        if thread in self.lost and begun < self._again:
            return self._spare.put(config, checkpoint, metadata, checkpoint["channel_versions"])
        try:
            kept = await super().aput(config, checkpoint, metadata, new_versions)
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # errors of the module itself have none
            waited = monotonic() - begun if code == sqlite3.SQLITE_BUSY else 0.0
            self._again = monotonic() + 3 * waited  # each try would wait for somebody's lock
            await self._give_up(thread, error)
            return self._spare.put(config, checkpoint, metadata, checkpoint["channel_versions"])
        self._remember(thread, CheckpointTuple(kept, checkpoint, metadata, config, []))
        if self.lost.pop(thread, None):
            self._spare.delete_thread(thread)
        return kept

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep what came of a task, beside its checkpoint."""
        thread = config["configurable"]["thread_id"]
        if thread not in self.lost:
            try:
                await super().aput_writes(config, writes, task_id, task_path)
            except sqlite3.Error as error:
                await self._give_up(thread, error)
            else:
                return
        self._spare.put_writes(config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a conversation, wherever it is."""
        await super().adelete_thread(thread_id)
        self.lost.pop(thread_id, None)
        self._spare.delete_thread(thread_id)

    async def _give_up(self, thread: str, error: sqlite3.Error) -> None:
        """Go on in memory, from the newest checkpoint on disk."""
        async with self.lock:  # lest what another conversation is just writing be taken back
            with suppress(sqlite3.Error):
                await self.conn.rollback()
        if thread not in self.lost:
            newest = await self._last_kept(thread)
            self.lost[thread] = error
            if newest:
                self._take_over(newest)

    async def _last_kept(self, thread: str) -> CheckpointTuple | None:
        """The newest checkpoint on disk; from memory where the file is damaged."""
        try:
            return await super().aget_tuple({"configurable": {"thread_id": thread, "checkpoint_ns": ""}})
        except sqlite3.Error:
            return self._newest.get(thread)

    def _remember(self, thread: str, newest: CheckpointTuple) -> None:
        self._newest.pop(thread, None)
        self._newest[thread] = newest
        if len(self._newest) > REMEMBERED:
            del self._newest[next(iter(self._newest))]  # the one that was used longest ago

    def _take_over(self, kept: CheckpointTuple) -> None:
        checkpoint, config = kept.checkpoint, kept.config
        self._spare.put(kept.parent_config or config, checkpoint, kept.metadata, checkpoint["channel_versions"])
        by_task: dict[str, list[tuple[str, Any]]] = {}
        for task_id, channel, value in kept.pending_writes or []:
            by_task.setdefault(task_id, []).append((channel, value))
        for task_id, writes in by_task.items():
            self._spare.put_writes(config, writes, task_id)


def lost(saver: object, config: RunnableConfig) -> sqlite3.Error | None:
    """Why the newest checkpoint of a conversation is not on disk, if that is so."""
    return saver.lost.get(config["configurable"]["thread_id"]) if isinstance(saver, LastingSaver) else None
