"""Downloads that cannot be turned against the machine or its network."""

import ipaddress
import socket
import time
from pathlib import Path

import httpx

from tools.errors import ResourceError
from tools.settings import settings

REDIRECTS = 5


class GuardedTransport(httpx.HTTPTransport):
    """Connects to the very address that was checked, on every hop of a redirect.

    The name is resolved once and the connection made to that address, so that a name which answers
    differently a moment later (DNS rebinding) gains nothing. TLS still verifies the name.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to its host's checked address."""
        host = request.url.host
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=_address(host, request.url.port or 0)),
            headers=request.headers,  # they keep the original Host
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return super().handle_request(pinned)


def download(url: str, target: Path) -> str:
    """Write what ``url`` leads to into ``target`` and return its media type.

    Raises:
        ResourceError: it cannot be reached, is not allowed, is too large or takes too long.
    """
    limits = settings()
    deadline = time.monotonic() + limits.fetch_timeout
    transport = GuardedTransport(limits=httpx.Limits(max_keepalive_connections=0))
    try:
        with (
            httpx.Client(
                transport=transport,
                follow_redirects=True,
                max_redirects=REDIRECTS,
                timeout=min(10.0, limits.fetch_timeout),
                headers={"User-Agent": "hugginggpt/0.1"},
            ) as client,
            client.stream("GET", url) as response,
        ):
            if response.is_error:
                raise ResourceError(f"{url} cannot be fetched: the server answers {_status(response)}; check the link.")
            _write(response, target, url, deadline)
            return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
    except httpx.TooManyRedirects:
        raise ResourceError(f"{url} redirects more than {REDIRECTS} times; give the final link.") from None
    except httpx.TimeoutException:
        raise _too_slow(url) from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        raise ResourceError(f"{url} cannot be reached; check the link and the connection.") from None


def _write(response: httpx.Response, target: Path, url: str, deadline: float) -> None:
    limit, size = settings().max_bytes, 0
    with target.open("wb") as file:
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > limit:
                raise ResourceError(f"{url} is larger than {limit / 2**20:.0f} MB; give a smaller file.")
            if time.monotonic() > deadline:
                raise _too_slow(url)
            file.write(chunk)


def _too_slow(url: str) -> ResourceError:
    return ResourceError(f"{url} took longer than {settings().fetch_timeout:g} s; try again or give the file itself.")


def _status(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()


def _address(host: str, port: int) -> str:
    """One address of the host, after all of them have been found public (or private ones are allowed)."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise ResourceError(f"{host} cannot be found; check the link and the connection.") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not settings().private_addresses and not all(map(is_public, addresses)):
        raise ResourceError(
            f"{host} is a private address, which links may not lead to; give the file itself"
            " (or set HUGGINGGPT_PRIVATE_ADDRESSES=true)."
        )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also when wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64: the IPv4 address is the last four bytes
            wrapped = ipaddress.IPv4Address(ip.packed[-4:])
        ip = wrapped or ip
    return ip.is_global and not ip.is_multicast
