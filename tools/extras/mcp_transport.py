"""How MCP servers that listen are reached: with what opens them, and never more taken from them than is allowed."""

from collections.abc import AsyncIterator

import httpx
import httpx2

from tools.clients import proxy_for
from tools.errors import BadOutput, ConfigError
from tools.extras.place import Place
from tools.settings import settings


def http(place: Place) -> httpx2.AsyncClient:
    """A client with the place's headers. MCP's transport follows no redirect to another address, so they stay there."""
    token = place.secret()
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **place.filled(place.headers)}
    return httpx2.AsyncClient(headers=headers, timeout=settings().endpoint_timeout, transport=_Bounded(place))


class _Bounded(httpx2.AsyncHTTPTransport):
    """Tells a server that lets nobody in, and one that never stops."""

    def __init__(self, place: Place) -> None:
        super().__init__(proxy=proxy_for(httpx.URL(place.address)))
        self._place = place

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises ConfigError for 401 and 403, and BadOutput while a body is read that is too large."""
        response = await super().handle_async_request(request)
        if response.status_code in {401, 403}:
            opened = self._place.token or self._place.headers
            hint = "check what it is sent" if opened else "name what opens it by --token env:MY_TOKEN or --header"
            raise ConfigError(f"{self._place.source} answers {response.status_code}: {hint}.")
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - of an asynchronous transport always
        response.stream = _Counted(response.stream, self._place.source)
        return response


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, source: str) -> None:
        self._stream, self._source = stream, source

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = settings().max_bytes * 3 // 2  # media come in base64
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise BadOutput(f"{self._source} gave more than {settings().max_bytes / 2**20:.0f} MB at once.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
