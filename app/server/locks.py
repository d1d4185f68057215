"""One request at a time for each conversation, over all server processes of one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_TAKE = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_GIVE = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


class Locks:
    """Advisory locks of one Postgres session. Within the process a set tells: a session may take its lock twice.

    Postgres gives the locks back when the process dies. Without a connection only this process is guarded.
    """

    def __init__(self, connection: "AsyncConnection[object] | None" = None) -> None:
        self._connection = connection
        self._held: set[str] = set()

    @asynccontextmanager
    async def hold(self, thread: str) -> AsyncIterator[None]:
        """Hold the thread's lock. Raises HTTPException (409) at once if someone else does."""
        if thread in self._held:
            raise _busy()
        self._held.add(thread)
        try:
            if not await self._ask(_TAKE, thread):
                raise _busy()
            try:
                yield
            finally:
                await self._ask(_GIVE, thread)
        finally:
            self._held.discard(thread)

    async def alive(self) -> bool:
        """Whether the database still answers."""
        if self._connection is None:
            return True
        from psycopg import Error

        try:
            await self._connection.execute("SELECT 1")
        except Error:
            return False
        return True

    async def _ask(self, question: str, thread: str) -> bool:
        if self._connection is None:
            return True
        row = await (await self._connection.execute(question, (thread,))).fetchone()
        return bool(row and row[0])  # type: ignore[index]  # one column


def _busy() -> HTTPException:
    return HTTPException(409, "This conversation is busy with another request; wait until that is done.")
