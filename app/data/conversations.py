"""Conversations: the page's, the command line's, and the threads of LangGraph's API."""

import json
from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from pydantic import BaseModel

from app.checkpoints import Memory
from app.data.item import OWN, Content, Item

_SQLITE: LiteralString = """
SELECT thread_id, max(checkpoint_id) AS latest,
    sum(length(checkpoint) + length(metadata)) + coalesce((SELECT sum(length(value)) FROM writes
        WHERE writes.thread_id = checkpoints.thread_id), 0) AS bytes
FROM checkpoints GROUP BY thread_id"""
_POSTGRES: LiteralString = """
SELECT thread_id, max(checkpoint_id) AS latest, sum(pg_column_size(checkpoint) + pg_column_size(metadata))
    + coalesce((SELECT sum(pg_column_size(blob)) FROM checkpoint_blobs b WHERE b.thread_id = c.thread_id), 0)
    + coalesce((SELECT sum(pg_column_size(blob)) FROM checkpoint_writes w WHERE w.thread_id = c.thread_id), 0) AS bytes
FROM checkpoints c GROUP BY thread_id"""
_THREADS: LiteralString = """
SELECT thread_id, user_id, extract(epoch FROM updated_at)::float8 AS used,
    coalesce((SELECT sum(pg_column_size(runs.*)) FROM runs WHERE runs.thread_id = thread.thread_id), 0) AS bytes,
    EXISTS (SELECT FROM runs WHERE runs.thread_id = thread.thread_id AND status IN ('pending', 'running')) AS busy
FROM thread"""
_UUID_EPOCH = 0x01B21DD213814000  # from 1582 to 1970 in steps of 100 ns, as a UUID counts


class Conversations:
    """All that was said, in whichever database: every checkpoint, what waited beside it, titles, and runs."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def items(self, _owner: str | None) -> list[Item]:
        """Everybody's: they are asked for by one question."""
        threads = {row["thread_id"]: row for row in await self._memory.query(_THREADS)}
        kept = {row["thread_id"]: row for row in await self._checkpointed()}
        return [_item(name, kept.get(name), threads.get(name)) for name in kept.keys() | threads.keys()]

    async def delete(self, items: Sequence[Item]) -> list[Item]:
        """Delete them for good, but for those in which a request runs."""
        stay = [item for item in items if item.where["busy"] or await self._memory.leases.busy(item.name)]
        gone = [item for item in items if item not in stay]
        for item in gone:
            await self._memory.saver.adelete_thread(item.name)
            if "/" in item.name:
                owner, _, thread = item.name.rpartition("/")
                await self._memory.store.adelete(("conversations", *owner.split("/")), thread)
            else:
                await self._memory.query("DELETE FROM thread WHERE thread_id = %s", item.name)  # and its runs
        if gone:
            await self._memory.wipe()
        return stay

    async def content(self, item: Item) -> Content:
        """What was said, planned and made, as it stands last."""
        kept = await self._memory.saver.aget_tuple({"configurable": {"thread_id": item.name, "checkpoint_ns": ""}})
        values = kept.checkpoint["channel_values"] if kept else {}
        shown = {name: _as_json(value) for name, value in values.items() if ":" not in name and name[:2] != "__"}
        text = json.dumps({"conversation": item.name, **shown}, ensure_ascii=False, indent=1)
        yield f"conversations/{item.name}.json", text.encode()

    async def _checkpointed(self) -> list[dict[str, Any]]:
        saver: BaseCheckpointSaver[Any] = self._memory.saver
        if not isinstance(saver, AsyncSqliteSaver):
            return await self._memory.query(_POSTGRES)
        await saver.setup()
        async with saver.lock, saver.conn.execute(_SQLITE) as rows:
            return [dict(zip(("thread_id", "latest", "bytes"), row, strict=True)) async for row in rows]


def _item(name: str, kept: dict[str, Any] | None, thread: dict[str, Any] | None) -> Item:
    owner = thread["user_id"] if thread else name.rpartition("/")[0] or OWN
    used = [_time(kept["latest"])] if kept else []
    size = int(kept["bytes"]) if kept else 0
    if thread:
        used, size = [*used, thread["used"]], size + int(thread["bytes"])
    return Item("conversation", owner, name, size, max(used), {"busy": bool(thread and thread["busy"])})


def _time(checkpoint: str) -> float:
    """When a checkpoint was made, which its name tells, in seconds of the epoch."""
    parts = UUID(checkpoint)
    steps = (parts.int >> 80 << 12) | (parts.int >> 64 & 0x0FFF)  # version 6: the high parts of the time come first
    return (steps - _UUID_EPOCH) / 1e7


def _as_json(value: Any) -> Any:  # noqa: ANN401 - any value of the state, as JSON
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(name): _as_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
