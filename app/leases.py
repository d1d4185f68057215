"""Who works on what, over all processes of one database. Without a database there is one process, and it knows."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar

from tools.errors import InputError

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SECONDS = 15  # a lease ends by itself so long after its process was lost
BEAT = 3  # seconds between two renewals; also how long a stop from another process may take to arrive
_TABLE = """CREATE TABLE IF NOT EXISTS hugginggpt_leases (
    name text PRIMARY KEY, holder uuid NOT NULL, until timestamptz NOT NULL, stopped boolean NOT NULL DEFAULT false)"""
_TAKE = """INSERT INTO hugginggpt_leases (name, holder, until) VALUES (%(name)s, %(holder)s, now() + %(span)s::interval)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, stopped = false
    WHERE hugginggpt_leases.until < now() RETURNING name"""
_RENEW = """UPDATE hugginggpt_leases SET until = now() + %(span)s::interval
    WHERE name = %(name)s AND holder = %(holder)s AND NOT stopped RETURNING name"""
_GIVE = "DELETE FROM hugginggpt_leases WHERE name = %(name)s AND holder = %(holder)s"
_HELD = "SELECT name FROM hugginggpt_leases WHERE name = %(name)s AND until > now()"
_STOP = "UPDATE hugginggpt_leases SET stopped = true WHERE name = %(name)s"


class Busy(InputError):
    """Another process works on it."""


class Leases:
    """Rows in Postgres, each held by one process for a while and renewed as long as the work lasts."""

    _here: ClassVar[Counter[str]] = Counter()  # what this process holds

    def __init__(self, pool: "AsyncConnectionPool[Any] | None" = None) -> None:
        self._pool = pool

    async def set_up(self) -> None:
        """Make the table, unless it is there."""
        await self._ask(_TABLE)

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Hold a lease for the work inside, which is cancelled once the lease is lost or stopped from elsewhere.

        Raises:
            Busy: somebody else holds it.
        """
        holder = uuid.uuid4()
        if not await self._ask(_TAKE, name, holder):
            raise Busy("A request still runs in this conversation. Stop it, or wait for its end.")
        work = asyncio.current_task()
        renewing = asyncio.create_task(self._renew(name, holder, work))
        self._here[name] += 1
        try:
            yield
        finally:
            renewing.cancel()
            self._here.subtract([name])
            if not self._here[name]:
                del self._here[name]
            await asyncio.shield(self._ask(_GIVE, name, holder))

    async def taken(self, name: str) -> bool:
        """Whether some process holds it."""
        return self._pool is not None and await self._ask(_HELD, name)

    async def busy(self, name: str) -> bool:
        """Whether this process or another holds it."""
        return self._here[name] > 0 or await self.taken(name)

    async def stop(self, name: str) -> None:
        """Ask whoever holds it to stop; that takes a few seconds."""
        await self._ask(_STOP, name)

    async def _renew(self, name: str, holder: uuid.UUID, work: "asyncio.Task[Any] | None") -> None:
        while True:
            await asyncio.sleep(BEAT)
            with suppress(OSError):  # the database is away: what it comes back with decides
                if not await self._ask(_RENEW, name, holder) and work:
                    work.cancel()
                    return

    async def _ask(self, question: str, name: str = "", holder: uuid.UUID | None = None) -> bool:
        """Whether the question found or changed a row. Raises ConnectionError if the database does not answer."""
        if self._pool is None:
            return True
        from psycopg import OperationalError
        from psycopg_pool import PoolTimeout

        parameters = {"name": name, "holder": holder, "span": f"{SECONDS} seconds"}
        try:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(question, parameters)
                return int(cursor.rowcount) > 0
        except (OperationalError, PoolTimeout) as error:
            raise ConnectionError("The database does not answer.") from error
