"""API keys and their owners. A file holds only hashes: keys are random, so one round of SHA-256 suffices."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from app.signing import secret
from tools.errors import ConfigError

LOCAL = "local"  # the owner of everything where no keys are set
_OWNER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")  # also the name of a folder


class Keys:
    """Who holds which key: a mapping of SHA-256 to owner; and the secret by which links to files are signed."""

    def __init__(self, owners: Mapping[str, str], secret: bytes = b"") -> None:
        self._owners, self.secret = dict(owners), secret

    def __bool__(self) -> bool:
        return bool(self._owners)

    def owner(self, key: str) -> str | None:
        """The key's owner, or None for an unknown key."""
        return self._owners.get(_digest(key))

    def knows(self, owner: str) -> bool:
        """Whether the owner holds a key."""
        return owner in self._owners.values()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def check_owner(owner: str) -> str:
    """The owner's name, if it can be one. Raises ConfigError."""
    if not _OWNER.fullmatch(owner) or owner == LOCAL:
        raise ConfigError(f"{owner!r} cannot own a key: use lower-case letters, digits, - and _ (but not {LOCAL!r}).")
    return owner


def load(path: Path | None) -> Keys:
    """The keys of a file; none without a file. Raises ConfigError: a broken file never means an open server."""
    if path is None:
        return Keys({})
    try:
        owners = json.loads(path.read_text(encoding="utf-8"))
        keys = Keys({digest: check_owner(owner) for digest, owner in owners.items()}, secret(path))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ConfigError(f"The key file {path} cannot be read; make one with `hugginggpt key OWNER`.") from error
    if not keys:
        raise ConfigError(f"The key file {path} holds no key; add one with `hugginggpt key OWNER`.")
    return keys


def add(path: Path, owner: str) -> str:
    """Make a key for an owner, write its hash to the file, and return it: it is shown this once."""
    key = f"hgpt_{secrets.token_urlsafe(32)}"
    owners = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    owners[_digest(key)] = check_owner(owner)
    path.touch(mode=0o600)
    path.write_text(json.dumps(owners, indent=1) + "\n", encoding="utf-8")
    return key
