"""The Hub's client, sent to a server on loopback whatever host it means, as a hosts file would."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory


class _Detour(httpx.HTTPTransport):
    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the same request, Host header and all, to the port; what was for loopback stays."""
        if request.url.host != "127.0.0.1":
            request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return super().handle_request(request)


@contextmanager
def detour(port: int) -> Iterator[None]:
    """Meanwhile the Hub client of this process goes to that port of this machine for every host."""
    set_client_factory(lambda: httpx.Client(transport=_Detour(port), follow_redirects=True, timeout=60))
    try:
        yield
    finally:
        set_client_factory(default_client_factory)
