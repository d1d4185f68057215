"""What else stands in the databases under an owner's name: items, answers kept for repeats, assistants, crons."""

import json
from collections.abc import Sequence
from typing import Any, LiteralString

from langgraph.store.base import SearchItem

from app.checkpoints import Memory
from app.data.item import Content, Item

ANSWERS = "answers"  # in the store, before the owner's name: answers that a repeated request is given again
_USERS = "users"  # in the store, before the owner's name: what clients of LangGraph's API keep there
_PAGE = 200  # items asked for at a time
_ROWS: LiteralString = """
SELECT 'assistant' AS kind, user_id, assistant_id AS name, extract(epoch FROM updated_at)::float8 AS used,
    pg_column_size(assistant.*) AS bytes, to_jsonb(assistant.*) AS content FROM assistant WHERE user_id <> 'system'
UNION ALL SELECT 'cron', user_id, cron_id, extract(epoch FROM updated_at)::float8,
    pg_column_size(crons.*), to_jsonb(crons.*) FROM crons"""
_DELETE: dict[str, LiteralString] = {
    "assistant": "DELETE FROM assistant WHERE assistant_id = %s",
    "cron": "DELETE FROM crons WHERE cron_id = %s",
}


class Notes:
    """Items of LangGraph's store, each under its owner's name, but for titles, which go with their conversations."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def items(self, owner: str | None) -> list[Item]:
        """Those of an owner, or everybody's."""
        parts = owner.split("/") if owner else []
        return [
            Item(*_whose(stored.namespace), _name(stored), _size(stored), stored.updated_at.timestamp(), stored)
            for root in (ANSWERS, _USERS)
            for stored in await self._search((root, *parts))
        ]

    async def delete(self, items: Sequence[Item]) -> list[Item]:
        """Delete them for good."""
        for item in items:
            await self._memory.store.adelete(item.where.namespace, item.where.key)
        if items:
            await self._memory.wipe()
        return []

    async def content(self, item: Item) -> Content:
        """The item."""
        yield f"notes/{item.name}.json", json.dumps(item.where.value, ensure_ascii=False, indent=1).encode()

    async def _search(self, prefix: tuple[str, ...]) -> list[SearchItem]:
        items, more = list[SearchItem](), True
        while more:
            page = await self._memory.store.asearch(prefix, limit=_PAGE, offset=len(items))
            items, more = [*items, *page], len(page) == _PAGE
        return items


class Rows:
    """What Aegra keeps for an owner beside threads: assistants of their own, and runs on a schedule."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def items(self, _owner: str | None) -> list[Item]:
        """Everybody's: they are asked for by one question."""
        rows = await self._memory.query(_ROWS)
        names = ("kind", "user_id", "name", "bytes", "used", "content")
        return [Item(*(row[name] for name in names)) for row in rows]

    async def delete(self, items: Sequence[Item]) -> list[Item]:
        """Delete them for good."""
        for item in items:
            await self._memory.query(_DELETE[item.kind], item.name)
        return []

    async def content(self, item: Item) -> Content:
        """The row."""
        text = json.dumps(item.where, ensure_ascii=False, indent=1, default=str)
        yield f"{item.kind}s/{item.name}.json", text.encode()


def _whose(namespace: tuple[str, ...]) -> tuple[str, str]:
    """(kind, owner) of an item."""
    return ("answer", "/".join(namespace[1:])) if namespace[0] == ANSWERS else ("note", namespace[1])


def _size(stored: SearchItem) -> int:
    value: dict[str, Any] = stored.value
    return len(json.dumps(value, ensure_ascii=False).encode())


def _name(stored: SearchItem) -> str:
    return "/".join([*stored.namespace, stored.key])
