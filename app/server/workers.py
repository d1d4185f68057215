"""Runs on Redis, as Aegra works them off; but whoever waits for one is told its end at once."""

import asyncio

from aegra_api.services.broker import broker_manager
from aegra_api.services.worker_executor import WorkerExecutor


class Workers(WorkerExecutor):  # type: ignore[misc]  # Aegra ships no types
    """Aegra's own asks every two seconds whether a run has ended: an answer of 10 ms would take two seconds."""

    async def wait_for_completion(self, run_id: str, *, timeout: float = 300.0) -> None:  # noqa: ASYNC109 - as Aegra has it
        """Wait until a run has ended.

        Raises:
            TimeoutError: it has not after so many seconds.
        """
        told = asyncio.create_task(_told(run_id))
        asked = asyncio.create_task(super().wait_for_completion(run_id, timeout=timeout))
        try:
            done, _ = await asyncio.wait({told, asked}, return_when=asyncio.FIRST_COMPLETED)
            if told not in done or told.exception():
                await asked
        finally:
            told.cancel()
            asked.cancel()


async def _told(run_id: str) -> None:
    """Return when the run's stream of events has come to its end."""
    async for _ in broker_manager.get_or_create_broker(run_id).aiter():
        pass
