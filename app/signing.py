"""Links to files that open without a key, for a while: what a page loads by itself, such as a picture, sends none.

Only answers on their way to a client are signed. What is kept, traced or shown to a model has plain links.
"""

import hashlib
import hmac
import os
import re
import secrets
import string
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tools.errors import ConfigError
from tools.settings import process_settings

ARTIFACTS = "/artifacts/"
_IN_LINKS = f"{string.ascii_letters}{string.digits}-._~%/:[]"


class BadLink(Exception):
    """A signed link that does not open anything, and why."""


@cache
def secret(keys: Path) -> bytes:
    """What links are signed with: kept beside the key file, for the server's eyes alone.

    In a folder that cannot be written it lasts as long as the process.

    Raises:
        ConfigError: the file is damaged.
    """
    file, fresh = keys.with_suffix(".secret"), secrets.token_bytes(32)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        if not file.exists():
            os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
            part.write_bytes(fresh)
            with suppress(FileExistsError):  # another process was quicker
                file.hardlink_to(part)
            part.unlink()
        kept = file.read_bytes()
    except OSError:
        return fresh
    if len(kept) != len(fresh):
        raise ConfigError(f"{file} is damaged; delete it, and a new one is made.")
    return kept


class Secrets:
    """What links of a server with that key file are signed with, newest first, and which links were revoked.

    The owner's setting names secrets of more than one machine, or a new one before the old; else there is the file.
    """

    def __init__(self, keys: Path | None) -> None:
        self._keys = keys
        self._revoked: frozenset[str] = frozenset()
        self.refresh()
        if keys:
            _signing(keys)  # read now, and not for the first time on the event loop

    @property
    def all(self) -> list[bytes]:
        """Every secret that opens links; the first one signs."""
        if link_secrets := process_settings().link_secrets:
            return [value.get_secret_value().encode() for value in link_secrets]
        return [secret(self._keys)] if self._keys else []

    def refresh(self) -> None:
        """Read again which links were revoked."""
        if self._keys:
            with suppress(OSError):
                self._revoked = frozenset(_revocations(self._keys).read_text(encoding="ascii").split())

    def owner(self, path: str, query_string: str) -> str | None:
        """The owner whose file a link opens; None where it is not signed. Raises BadLink."""
        if dict(parse_qsl(query_string)).get("signature") in self._revoked:
            raise BadLink("This link was revoked; ask for a new one, or send your API key.")
        return opened(path, query_string, *self.all)


def _signing(keys: Path) -> bytes:
    link_secrets = process_settings().link_secrets
    return link_secrets[0].get_secret_value().encode() if link_secrets else secret(keys)


def revoke(keys: Path, link: str) -> None:
    """Let a signed link open nothing any more. Raises ConfigError: it is not one."""
    signature = dict(parse_qsl(urlsplit(link).query)).get("signature", "")
    if not re.fullmatch(r"[\w-]{20,}", signature, re.ASCII):
        raise ConfigError("That is no signed link; give the whole of it, with what follows the question mark.")
    with _revocations(keys).open("a", encoding="ascii") as file:
        file.write(f"{signature}\n")


def _revocations(keys: Path) -> Path:
    return keys.with_suffix(".revoked")


def signed(text: str, owner: str) -> str:
    """The text with every link to a file of the owner's signed, where the server asks for keys at all."""
    common = process_settings()
    if common.keys is None or not common.public_url or not common.link_hours:
        return text
    until, key = int(time.time() + common.link_hours * 3600), _signing(common.keys)
    link = re.compile(rf"{re.escape(common.public_url.rstrip('/'))}((?>{ARTIFACTS}[\w.~%/-]*\w))(?!\?)", re.ASCII)
    return link.sub(lambda match: f"{match[0]}?{query(owner, unquote(match[1]), until, key)}", text)


async def signed_stream(pieces: AsyncIterator[str], owner: str) -> AsyncGenerator[str]:
    """The same for a text that comes in pieces; the last word of each, which may be half a link, waits for its end."""
    held = ""
    async for piece in pieces:
        held += piece
        if complete := held.rstrip(_IN_LINKS):
            yield signed(complete, owner)
        held = held[len(complete) :]
    if held:
        yield signed(held, owner)


def query(owner: str, path: str, until: int, key: bytes) -> str:
    """What is added to a link so that it opens this one path of the owner's; ``until`` is in seconds of the epoch."""
    return urlencode({"owner": owner, "until": until, "signature": _signature(owner, path, str(until), key)})


def opened(path: str, query_string: str, *keys: bytes) -> str | None:
    """The owner whose file a link opens that was signed with one of the keys; None where it is not signed.

    Raises:
        BadLink: it has expired, or was changed.
    """
    fields = dict(parse_qsl(query_string))
    if "signature" not in fields:
        return None
    owner, until = fields.get("owner", ""), fields.get("until", "")
    signature = fields["signature"].encode()
    if not any(hmac.compare_digest(signature, _signature(owner, path, until, key).encode()) for key in keys):
        raise BadLink("The signature of this link is not valid; use the link as it was given, or send your API key.")
    if int(until) < time.time():
        raise BadLink("This link has expired; ask for a new one, or send your API key.")
    return owner


def _signature(owner: str, path: str, until: str, key: bytes) -> str:
    return sealed(owner, until, path, key=key)


def sealed(*parts: str, key: bytes) -> str:
    """What nobody without the key can make for these parts."""
    message = "\n".join(parts).encode()
    return urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)).decode().rstrip("=")
