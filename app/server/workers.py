"""Runs on Redis, as Aegra works them off; but whoever waits for one is told its end at once, and none is forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta

from aegra_api.core.orm import Run, _get_session_maker
from aegra_api.services.broker import broker_manager
from aegra_api.services.worker_executor import WorkerExecutor
from aegra_api.settings import settings
from sqlalchemy import update


class Workers(WorkerExecutor):  # type: ignore[misc]  # Aegra ships no types
    """Aegra's own asks every two seconds whether a run has ended: an answer of 10 ms would take two seconds.

    And where a run's end cannot be written, because the database was away, Aegra's own gives the lease back and leaves
    the run as `running`: its reaper looks for leases that expire, and so nobody would ever take the run up again.
    """

    async def _execute_with_lease(self, run_id: str, worker_name: str) -> None:
        await super()._execute_with_lease(run_id, worker_name)
        await _leave_to_the_reaper(run_id)

    async def wait_for_completion(self, run_id: str, *, timeout: float = 300.0) -> None:  # noqa: ASYNC109 - as Aegra has it
        """Wait until a run has ended.

        Raises:
            TimeoutError: it has not after so many seconds.
        """
        ended = asyncio.create_task(_stream_ended(run_id))
        asked = asyncio.create_task(super().wait_for_completion(run_id, timeout=timeout))
        try:
            done, _ = await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
            if ended not in done or ended.exception():
                await asked
        finally:
            ended.cancel()
            asked.cancel()


async def _stream_ended(run_id: str) -> None:
    """Return when the run's stream of events has come to its end."""
    async for _ in broker_manager.get_or_create_broker(run_id).aiter():
        pass


async def _leave_to_the_reaper(run_id: str) -> None:
    """If the run has not ended and is nobody's, it is taken up again when a lease would have expired."""
    expires = datetime.now(UTC) + timedelta(seconds=settings.worker.LEASE_DURATION_SECONDS)
    forgotten = (Run.run_id == run_id, Run.status == "running", Run.claimed_by.is_(None))
    async with _get_session_maker()() as session:
        await session.execute(update(Run).where(*forgotten).values(lease_expires_at=expires))
        await session.commit()
