"""Results that are kept so that the same question is answered once (graph/cache.py)."""

import asyncio
import json
from collections.abc import Sequence

from app.data.item import Content, Item
from graph import cache


class Reused:
    """The result cache of this machine."""

    async def items(self, _owner: str | None) -> list[Item]:
        """Everybody's: it is asked by one question."""
        entries = await asyncio.to_thread(cache.entries)
        return [Item("reused", entry.owner, entry.key[:16], entry.bytes, entry.made, entry) for entry in entries]

    async def delete(self, items: Sequence[Item]) -> list[Item]:
        """Delete them; the same question is worked on anew."""
        if items:
            await asyncio.to_thread(cache.forget, [item.where for item in items])
        return []

    async def content(self, item: Item) -> Content:
        """The result as it would be given again."""
        if made := await asyncio.to_thread(cache.made_of, item.where):
            yield f"reused/{item.name}.json", json.dumps(made, ensure_ascii=False, default=str, indent=1).encode()
