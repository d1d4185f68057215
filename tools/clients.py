"""The HTTP clients that this process shares: one TLS context, and one pool of connections for every event loop.

A client of its own for each call would read the certificates and connect anew each time, and hold up the event loop
meanwhile.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from tools.errors import BadOutput, ModelUnavailable

MOST_CONNECTIONS = 200  # of each loop and proxy
_IDLE = 4  # seconds that a connection is kept for the next request: servers' own is often 5 s
_PIECE = 2**18  # bytes of a body that are written at once
LONGEST_LINE = 2**20  # bytes of one event of a stream
_PORTS = {"http": 80, "https": 443}
Pools = dict[str | None, AiohttpTransport]


def shared(most: int) -> httpx.AsyncClient:
    """A client that any event loop may use at any time, and that nobody need close.

    An answer may have ``most`` bytes, or what the extension ``most`` of its request says; reading on raises BadOutput.
    A redirect to another host raises ModelUnavailable: neither data nor key is meant for it.
    """
    return httpx.AsyncClient(
        transport=_Shared(most),
        follow_redirects=True,
        max_redirects=5,
        headers={"Accept-Encoding": "identity"},  # lest a few bytes become gigabytes
        event_hooks={"response": [_stay]},
        timeout=None,  # noqa: S113 - callers bound the whole of a call
    )


@cache
def tls() -> ssl.SSLContext:
    """The TLS context of this process. Made once, from the disk: never on the event loop."""
    return httpx.create_ssl_context()


def proxy_for(url: httpx.URL) -> str | None:
    """The proxy that the environment names for a URL."""
    return None if proxy_bypass(url.host) else getproxies().get(url.scheme)


@lru_cache(maxsize=1024)
def _proxy(scheme: str, host: str) -> str | None:
    """The same, looked up once: a process keeps the environment that it was started with."""
    return proxy_for(httpx.URL(scheme=scheme, host=host))


class _Shared(httpx.AsyncBaseTransport):
    """Sends each request through the pool of the event loop that it is sent in."""

    def __init__(self, most: int) -> None:
        self._most = most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = await _transport(_proxy(request.url.scheme, request.url.host))
        with _broken_off():
            response = await transport.handle_async_request(_in_pieces(request))
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - of an asynchronous transport always
        response.stream = _Bounded(response, request.extensions.get("most", self._most))
        return response


def _in_pieces(request: httpx.Request) -> httpx.Request:
    """The request with its body as a stream: aiohttp writes that piece by piece, and a large whole all at once."""
    if not isinstance(request.stream, httpx.ByteStream) or len(request.content) <= _PIECE:
        return request
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        content=_pieces(request.content),
        extensions=request.extensions,
    )


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


@contextmanager
def _broken_off() -> Iterator[None]:
    """httpx-aiohttp 0.2 takes every connection that is lost for one that was not made in time: httpx's own errors."""
    try:
        yield
    except httpx.ReadError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except httpx.ConnectTimeout as error:
        if isinstance(error.__cause__, TimeoutError):
            raise
        kind = (
            httpx.ConnectError
            if isinstance(error.__cause__, aiohttp.ClientConnectorError)
            else httpx.RemoteProtocolError
        )
        raise kind(str(error)) from error


class _Bounded(httpx.AsyncByteStream):
    """An answer's body as it comes, which ends in BadOutput where it is more than was asked for."""

    def __init__(self, response: httpx.Response, most: int) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - as above
        self._stream, self._most = response.stream, most
        self._packed = response.headers.get("content-encoding", "identity") != "identity"
        self._events = response.headers.get("content-type", "").startswith("text/event-stream")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._packed:
            raise BadOutput("The model's server compresses its answer, which it was asked not to do.")
        size = line = 0
        with _broken_off():
            async for chunk in self._stream:
                size += len(chunk)
                line = len(chunk) - end - 1 if (end := chunk.rfind(b"\n")) >= 0 else line + len(chunk)
                if size > self._most or (self._events and line > LONGEST_LINE):
                    raise BadOutput(
                        f"The model's answer is larger than {self._most / 2**20:.0f} MB, or has no line ends."
                    )
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[AsyncGenerator[Pools], Pools]] = WeakKeyDictionary()


async def _transport(proxy: str | None) -> AiohttpTransport:
    """The connections of the running loop that go through the proxy, or go directly."""
    loop = asyncio.get_running_loop()
    if loop not in _loops:
        lifetime = _lifetime(loop)
        _loops[loop] = (lifetime, await anext(lifetime))
    pools = _loops[loop][1]
    if proxy not in pools:
        context = await asyncio.to_thread(tls)
        if proxy not in pools:  # another request may have made it meanwhile
            pools[proxy] = _pool(proxy, context)
    return pools[proxy]


def _pool(proxy: str | None, context: ssl.SSLContext) -> AiohttpTransport:
    """Connections by aiohttp: httpx's own pool looks at every connection for every request."""
    connector = aiohttp.TCPConnector(ssl=context, limit=MOST_CONNECTIONS, keepalive_timeout=_IDLE)
    nobodys = aiohttp.DummyCookieJar()  # what a server sets for one owner must not go out with another's request
    session = aiohttp.ClientSession(connector=connector, cookie_jar=nobodys)
    return AiohttpTransport(verify=context, proxy=httpx.Proxy(proxy) if proxy else None, client=session)


async def _lifetime(loop: asyncio.AbstractEventLoop) -> AsyncGenerator[Pools]:
    """Connections that are closed with their loop: before it ends, a loop closes the generators that began in it."""
    pools: Pools = {}
    try:
        yield pools
    finally:
        _loops.pop(loop, None)
        for transport in pools.values():
            await transport.aclose()


async def _stay(response: httpx.Response) -> None:
    stay(response)


def stay(response: httpx.Response) -> None:
    """Refuse to be sent on to another host. Raises ModelUnavailable."""
    if not response.has_redirect_location:
        return
    asked, onward = response.request.url, response.request.url.join(response.headers["location"])
    upgraded = (asked.scheme, onward.scheme, asked.port, onward.port) == ("http", "https", None, None)
    same = (asked.scheme, _port(asked)) == (onward.scheme, _port(onward)) or upgraded
    if asked.host != onward.host or not same:
        raise ModelUnavailable(
            f"{asked.host} sends its callers on to {onward.host}, which the request is not meant for; name that"
            " address instead, if you trust it."
        )


def _port(url: httpx.URL) -> int | None:
    return url.port or _PORTS.get(url.scheme)
