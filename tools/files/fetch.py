"""Downloads that cannot be turned against the machine or its network."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from upath import UPath

from tools.clients import proxy_for, tls
from tools.errors import ResourceError
from tools.files.artifacts import writing
from tools.files.formats import HEAD
from tools.settings import settings

REDIRECTS = 5
Begun = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Trusted:
    """A place that the owner named: it may be private, and it alone sees the headers. ``origin`` is its address."""

    origin: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def covers(self, url: httpx.URL) -> bool:
        """Whether a URL is of the same scheme, host and port."""
        own = httpx.URL(self.origin)
        return (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects to the very address that was checked, on every hop of a redirect.

    The name is resolved once and the connection made to that address, so that a name which answers
    differently a moment later (DNS rebinding) gains nothing. TLS still verifies the name.
    Where the environment names a proxy, it resolves and connects in our place.
    """

    def __init__(self, trusted: Trusted | None = None) -> None:
        self._trusted = trusted
        self._opened: list[httpx.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to its host's checked address, or through the proxy."""
        host = request.url.host
        known = self._trusted is not None and self._trusted.covers(request.url)
        if self._trusted and known:  # on a copy: a redirect takes its headers from the request it was given
            request = _copied(request, headers={**request.headers, **self._trusted.headers})
        proxy = proxy_for(request.url)
        if proxy and not known:
            _refuse_private_literal(host)
        elif not proxy:
            port = request.url.port or 0
            request = _pinned(request, await asyncio.to_thread(partial(_address, host, port, private=known)))
        self._opened.append(httpx.AsyncHTTPTransport(verify=await asyncio.to_thread(tls), proxy=proxy))
        return await self._opened[-1].handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections of all hops."""
        for transport in self._opened:
            await transport.aclose()


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    return _copied(  # the headers keep the original Host
        request, url=request.url.copy_with(host=address), extensions={"sni_hostname": request.url.host}
    )


def _copied(
    request: httpx.Request,
    url: httpx.URL | None = None,
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> httpx.Request:
    return httpx.Request(
        request.method,
        url or request.url,
        headers=headers or request.headers,
        stream=request.stream,
        extensions={**request.extensions, **(extensions or {})},
    )


async def download(url: str, target: Path, begun: Begun, trusted: Trusted | None = None) -> str:
    """Write what ``url`` leads to into ``target`` and return its media type.

    The time limit is for everything together, so that a server which answers a byte a second gains nothing.
    ``begun`` is called with the media type once as many bytes are written as tell a format.

    Raises:
        ResourceError: it cannot be reached, is not allowed, is too large or takes too long.
        ConfigError: the target cannot be written.
    """
    shown, limit = _shown(url), settings().fetch_timeout
    try:
        async with (
            asyncio.timeout(limit),
            _client(min(10.0, limit), trusted) as client,
            client.stream("GET", url) as response,
        ):
            if response.is_error:
                status = f"{response.status_code} {response.reason_phrase}".strip()
                raise ResourceError(f"{shown} cannot be fetched: the server answers {status}; check the link.")
            mime = str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
            await _write(response, target, shown, partial(begun, mime))
            return mime
    except httpx.TooManyRedirects:
        raise ResourceError(f"{shown} redirects more than {REDIRECTS} times; give the final link.") from None
    except (TimeoutError, httpx.TimeoutException):
        raise ResourceError(f"{shown} took longer than {limit:g} s; try again or give the file itself.") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        raise ResourceError(f"{shown} cannot be reached; check the link and the connection.") from None


def check_address(url: str) -> None:
    """Refuse an address that another library is about to connect to, as a link would be. Raises ResourceError."""
    parts = httpx.URL(url)
    if not proxy_for(parts):
        _address(parts.host, parts.port or 0)
    else:
        _refuse_private_literal(parts.host)


def _client(timeout: float, trusted: Trusted | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=GuardedTransport(trusted),
        follow_redirects=True,
        max_redirects=REDIRECTS,
        timeout=timeout,
        headers={"User-Agent": "hugginggpt/0.1"},
    )


async def _write(response: httpx.Response, target: Path, url: str, begun: Callable[[], Awaitable[None]]) -> None:
    limit, size = settings().max_bytes, 0
    async for chunk in response.aiter_bytes():
        known, size = size >= HEAD, size + len(chunk)
        if size > limit:
            raise ResourceError(f"{url} is larger than {limit / 2**20:.0f} MB; give a smaller file.")
        await asyncio.to_thread(_append, target, chunk)
        if size >= HEAD and not known:
            await begun()


def _append(target: Path, chunk: bytes) -> None:
    with writing(UPath(target.parent)), target.open("ab") as file:
        file.write(chunk)


def _shown(url: str) -> str:
    """A link without what may be secret in it: its user, password and query."""
    return re.sub(r"//[^/?#]*@", "//", re.split(r"[?#]", url)[0])


def _refuse_private_literal(host: str) -> None:
    try:
        public = is_public(host)
    except ValueError:
        return  # a name, which the proxy resolves and guards
    if not public:
        _refuse_private(host)


def _address(host: str, port: int, *, private: bool = False) -> str:
    """One address of the host, after all of them have been found public, unless ``private`` ones may be asked."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise ResourceError(f"{host} cannot be found; check the link and the connection.") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in entries]
    if not private and not all(map(is_public, addresses)):
        _refuse_private(host)
    return addresses[0]


def _refuse_private(host: str) -> None:
    if not settings().private_addresses:
        raise ResourceError(
            f"{host} is a private address, which links may not lead to; give the file itself"
            " (or set HUGGINGGPT_PRIVATE_ADDRESSES=true)."
        )


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also when wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64: the IPv4 address is the last four bytes
            wrapped = ipaddress.IPv4Address(ip.packed[-4:])
        ip = wrapped or ip
    return ip.is_global and not ip.is_multicast
