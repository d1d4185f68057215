"""What models can be had: from the Hub's cache on this disk, and from the Hub itself, asked in the background."""

import asyncio
import os
import threading
import time
from pathlib import Path

from tools.settings import settings

_PATIENCE = 1.0  # seconds that a caller off the event loop waits for the first answer
_REMEMBERED = 300.0  # seconds for which an answer counts
_TIMEOUT = 3.0  # seconds that the Hub has to answer


class Disk:
    """The models in the Hub's cache with their weights, from one walk through it that looks at file names only."""

    def __init__(self) -> None:
        from huggingface_hub import constants

        cache = Path(constants.HF_HUB_CACHE)
        folders = [entry for entry in os.scandir(cache) if entry.name.startswith("models--")] if cache.is_dir() else []
        self._commits = {_name(entry): _commit(Path(entry)) for entry in folders if _has_weights(Path(entry))}

    def holds(self, model: str) -> bool:
        """Whether the model is there, or is a folder."""
        return model in self._commits or Path(model).expanduser().is_dir()

    def commit(self, model: str) -> str | None:
        """The commit of its main branch that is there."""
        return self._commits.get(model)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name.removeprefix("models--").replace("--", "/")


def _has_weights(folder: Path) -> bool:
    walked = os.walk(folder / "snapshots")
    return any(name.endswith((".safetensors", ".skops")) for _, _, names in walked for name in names)


def _commit(folder: Path) -> str | None:
    ref = folder / "refs" / "main"
    return ref.read_text(encoding="utf-8").strip() if ref.is_file() else None


def has_token() -> bool:
    """Whether the Hub would know who asks, as it must for gated models."""
    from huggingface_hub import get_token

    return get_token() is not None


def may_download() -> bool:
    """Whether a model could be fetched: the owner allows it and the Hub answered lately."""
    from huggingface_hub import constants

    return settings().download == "auto" and not constants.HF_HUB_OFFLINE and PROBE.answer()


class Probe:
    """Whether the Hub is in reach, found out in a background thread and remembered for a while."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._asked: float | None = None
        self._reached = False

    def answer(self) -> bool:
        """What is known; only a caller off the event loop waits, and a moment only, for the first answer."""
        with self._lock:
            if self._asked is None or time.monotonic() - self._asked > _REMEMBERED:
                self._asked = time.monotonic()
                threading.Thread(target=self._ask, name="hub-probe", daemon=True).start()
        if not _on_event_loop():
            self._done.wait(_PATIENCE)
        return self._reached

    def _ask(self) -> None:
        import httpx
        from huggingface_hub import constants

        try:
            self._reached = httpx.head(self._url or constants.ENDPOINT, timeout=_TIMEOUT).status_code < 500
        except httpx.HTTPError:
            self._reached = False
        self._done.set()


PROBE = Probe()


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
