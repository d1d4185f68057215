"""What is known of the models on the Hub: what it last said, else the dated snapshot.

Asking the Hub happens in one background thread and never in the caller's; answers are kept on disk for a day.
A failure is remembered for a while, so that a machine without the Hub asks rarely.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from tools.models.facts import Facts, ask_hub, snapshot
from tools.settings import settings

__all__ = ["Facts", "Hub", "hub", "known"]

_log = logging.getLogger(__name__)


Ask = Callable[[str], list[Facts]]


class Hub:
    """The models of each pipeline tag, most downloaded first. Safe from any thread.

    ``folder`` holds one JSON file a tag. All times are in seconds: answers are good for ``max_age`` (0 never asks),
    a query counts as failed after ``patience``, and a failure is remembered for ``retry_after``.
    """

    def __init__(
        self,
        folder: Path,
        max_age: float,
        ask: Ask | None = None,
        patience: float = 60,
        retry_after: float = 600,
    ) -> None:
        self._folder, self._max_age, self._ask = folder, max_age, ask or ask_hub
        self._patience, self._retry_after = patience, retry_after
        self._raw = {path.stem: path.read_bytes() for path in folder.glob("*.json")}
        self._models: dict[str, tuple[Facts, ...]] = {}
        self._fetched: dict[str, float] = {}
        self._snapshot = snapshot()
        self._lock = threading.Lock()
        self._wanted: dict[str, None] = {}
        self._worker: threading.Thread | None = None
        self._deadline = self._retry_at = 0.0

    def known(self, tag: str) -> tuple[Facts, ...]:
        """The models of the tag, at once; asks the Hub in the background where that is due."""
        if tag not in self._models:
            self._fetched[tag], self._models[tag] = self._read(tag)
        if self._max_age and time.time() - self._fetched[tag] > self._max_age and not _offline():
            self._want(tag)
        return self._models[tag]

    def age(self, tag: str) -> float | None:
        """Seconds since the Hub answered for the tag, or None where the snapshot stands in."""
        self.known(tag)
        return time.time() - self._fetched[tag] if self._fetched[tag] else None

    def refresh(self, tag: str) -> tuple[Facts, ...]:
        """Ask the Hub now, and wait. Raises what the Hub client raises."""
        models = tuple(self._ask(tag))
        self._models[tag], self._fetched[tag] = models, time.time()
        self._write(tag, models)
        return models

    def settle(self, seconds: float) -> None:
        """Wait for what is being asked in the background, at most so long; for callers that end soon."""
        if worker := self._worker:
            worker.join(seconds)

    def _read(self, tag: str) -> tuple[float, tuple[Facts, ...]]:
        try:
            kept = json.loads(self._raw.pop(tag))
            return float(kept["fetched"]), tuple(Facts.model_validate(entry) for entry in kept["models"])
        except (KeyError, ValueError, TypeError):  # never asked, or a file that was cut short
            return 0.0, self._snapshot.get(tag, ())

    def _write(self, tag: str, models: Iterable[Facts]) -> None:
        kept = {"fetched": self._fetched[tag], "models": [facts.model_dump(mode="json") for facts in models]}
        part = self._folder / f"{tag}.{os.getpid()}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(kept), encoding="utf-8")
            part.replace(self._folder / f"{tag}.json")
        except OSError as error:
            _log.info("The catalogue is not kept on disk: %s", error)

    def _want(self, tag: str) -> None:
        now = time.monotonic()
        with self._lock:
            if self._worker and now > self._deadline:  # lost in a connection that says nothing
                self._give_up()
            if now < self._retry_at:
                return
            self._wanted[tag] = None
            if self._worker is None:
                self._deadline = now + self._patience
                self._worker = threading.Thread(target=self._work, name="hub-catalogue", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while (tag := self._next()) is not None:
            try:
                self.refresh(tag)
            except Exception as error:  # noqa: BLE001 - out of reach in whatever way: what is known stands in
                _log.info("The Hub was not reached (%s); asking again later.", type(error).__name__)
                with self._lock:
                    self._give_up()

    def _next(self) -> str | None:
        """The tag to ask for; None ends a worker that has nothing left to do, or was given up."""
        with self._lock:
            if threading.current_thread() is not self._worker:
                return None
            self._deadline = time.monotonic() + self._patience
            if not self._wanted:
                self._worker = None
                return None
            return self._wanted.popitem()[0]

    def _give_up(self) -> None:
        self._wanted.clear()
        self._worker, self._retry_at = None, time.monotonic() + self._retry_after


@cache
def hub() -> Hub:
    """The Hub as this process knows it."""
    return Hub(settings().cache_folder / "hub", settings().catalogue_age * 3600)


def known(tag: str) -> tuple[Facts, ...]:
    """The Hub's models with that pipeline tag, most downloaded first. Never waits."""
    return hub().known(tag)


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
