"""API keys and their owners. A file holds only hashes: keys are random, so one round of SHA-256 suffices.

The file is read again when it has changed, so that keys come and go without a restart.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError, field_validator

from app.signing import Secrets, sealed
from tools.errors import ConfigError

LOCAL = "local"  # the owner of everything where no keys are set
_RESERVED = {LOCAL, "conversations", "answers", "uploads", "inputs", "feedback"}  # they stand beside owners' names
EVERY = 2.0  # seconds after which the file is looked at again
_OWNER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")  # also the name of a folder
log = logging.getLogger(__name__)


class Key(BaseModel, extra="forbid"):
    """What the file tells of a key; times are in seconds of the epoch."""

    owner: str
    made: float | None = None
    expires: float | None = None

    @field_validator("owner")
    @classmethod
    def _can_own(cls, owner: str) -> str:
        return check_owner(owner)

    @property
    def valid(self) -> bool:
        """Whether it still opens the server."""
        return self.expires is None or time.time() < self.expires


class Keys:
    """Who holds which key, and the secrets by which links to files are signed. Without a file there are no keys."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.secrets = Secrets(file)
        self._known = _read(file) if file else {}
        self._seen = _stamp(file)
        if file and not self._known:
            raise ConfigError(f"The key file {file} holds no key; add one with `hugginggpt key OWNER`.")

    def __bool__(self) -> bool:
        return self.file is not None

    def owner(self, key: str) -> str | None:
        """The key's owner, or None for an unknown or expired key."""
        held = self._known.get(_digest(key))
        return held.owner if held and held.valid else None

    def session(self, key: str, days: float) -> str:
        """What stands for a valid key in a browser for so many days; it ends with the key, and does not hold it."""
        digest, until = _digest(key), str(int(time.time() + days * 86_400))
        return f"{digest}.{until}.{sealed('session', digest, until, key=self.secrets.all[0])}"

    def session_owner(self, token: str) -> str | None:
        """Whose session it is; None for one that is forged, over, or whose key is gone."""
        digest, _, rest = token.partition(".")
        until, _, seal = rest.partition(".")
        genuine = any(
            hmac.compare_digest(seal.encode(), sealed("session", digest, until, key=secret).encode())
            for secret in self.secrets.all
        )
        held = self._known.get(digest) if genuine and int(until) > time.time() else None
        return held.owner if held and held.valid else None

    def knows(self, owner: str) -> bool:
        """Whether the owner holds a valid key."""
        return any(key.owner == owner and key.valid for key in self._known.values())

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Follow the file while the server runs."""
        following = asyncio.create_task(self._follow()) if self.file else None
        try:
            yield
        finally:
            if following:
                following.cancel()
                with suppress(asyncio.CancelledError):
                    await following

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(self.refresh)

    def refresh(self) -> None:
        """Read the file again if it has changed. One that cannot be read leaves the keys as they were."""
        self.secrets.refresh()
        if self.file and (stamp := _stamp(self.file)) != self._seen:
            try:
                self._known, self._seen = _read(self.file), stamp
            except ConfigError as error:
                log.error("%s The keys stay as they were.", error)


def load(path: Path | None) -> Keys:
    """The keys of a file; none without a file. Raises ConfigError: a broken file never means an open server."""
    return Keys(path)


def add(path: Path, owner: str, days: float | None = None) -> str:
    """Make a key for an owner, write its hash to the file, and return it: it is shown this once."""
    key = f"hgpt_{secrets.token_urlsafe(32)}"
    made = Key(owner=check_owner(owner), made=time.time(), expires=time.time() + days * 86400 if days else None)
    _write(path, {**(_read(path) if path.exists() else {}), _digest(key): made})
    return key


def listed(path: Path) -> dict[str, Key]:
    """The keys of the file, by the first letters of their hashes. Raises ConfigError."""
    return {digest[:8]: key for digest, key in _read(path).items()}


def revoke(path: Path, name: str) -> list[str]:
    """Take keys out of the file: the one whose hash begins so, or all of an owner. Their owners.

    Raises:
        ConfigError: there is none.
    """
    known = _read(path)
    gone = {
        digest for digest, key in known.items() if key.owner == name or (len(name) >= 8 and digest.startswith(name))
    }
    if not gone:
        raise ConfigError(f"There is no key {name!r}, nor an owner of that name; see `hugginggpt keys list`.")
    _write(path, {digest: key for digest, key in known.items() if digest not in gone})
    return sorted({known[digest].owner for digest in gone})


def check_owner(owner: str) -> str:
    """The owner's name, if it can be one. Raises ConfigError."""
    if not _OWNER.fullmatch(owner) or owner in _RESERVED:
        raise ConfigError(
            f"{owner!r} cannot own a key: use lower-case letters, digits, - and _,"
            f" but none of {', '.join(sorted(_RESERVED))}."
        )
    return owner


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _stamp(path: Path | None) -> tuple[int, int] | None:
    try:
        return (path.stat().st_mtime_ns, path.stat().st_ino) if path else None
    except OSError:
        return None


def _read(path: Path) -> dict[str, Key]:
    """The file, whose values may be the names of owners alone. Raises ConfigError."""
    try:
        rows: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {digest: Key(**row) if isinstance(row, dict) else Key(owner=row) for digest, row in rows.items()}
    except (OSError, ValueError, AttributeError, TypeError, ValidationError) as error:
        raise ConfigError(f"The key file {path} cannot be read; make one with `hugginggpt key OWNER`.") from error


def _write(path: Path, keys: dict[str, Key]) -> None:
    """Beside the file and then in its place: a server that reads it meanwhile sees the old one or the new."""
    rows = {digest: key.model_dump(exclude_none=True) for digest, key in keys.items()}
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps(rows, indent=1) + "\n")
    part.replace(path)
