import asyncio
import io
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from tests.support.loopback import running
from tools.errors import ResourceError
from tools.files import resources
from tools.files.fetch import is_public
from tools.settings import process_settings


class Site(BaseHTTPRequestHandler):
    """A small website with good pages and bad ones."""

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].removeprefix("http://picture.invalid")  # a proxy is asked for whole links
        if name in MOVED:
            time.sleep(0.4 if name == "/stroll" else 0)
            self._send(302, b"", Location=MOVED[name])
        elif name in PAGES:
            kind, body = PAGES[name]
            self._send(200, body, **{"Content-Type": kind})
        elif name == "/stroll":
            time.sleep(0.4)
            self._send(302, b"", Location="/stroll")
        elif name == "/huge.txt":
            self._drip(b"word " * 2000, pause=0)
        elif name in {"/slow.txt", "/slow"}:
            self._drip(b"w", pause=1)
        elif name == "/slow-headers.txt":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            self._pour(b"w", pause=1)
        else:
            self._send(404, b"not here")

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, piece: bytes, pause: float) -> None:
        self.send_response(200)
        self.end_headers()
        self._pour(piece, pause)

    def _pour(self, piece: bytes, pause: float) -> None:
        """Until the client has had enough."""
        POURING.set()
        with suppress(OSError):
            while True:
                self.wfile.write(piece)
                time.sleep(pause)
        LEFT.set()

    def log_message(self, *args: object) -> None:
        pass


MOVED = {
    "/moved": "/photo",
    "/inwards": "http://[::ffff:127.0.0.1]:9/secret.png",
    "/loop": "/loop",
    "/stroll": "/stroll",
}
POURING = threading.Event()  # a client has begun to get an endless page
LEFT = threading.Event()  # a client has closed the connection to an endless page


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (5, 5), "green").save(buffer, "PNG")
    return buffer.getvalue()


PAGES = {
    "/photo": ("image/png", picture()),
    "/My%20photo.jpg": ("image/jpeg", picture()),
    "/missing.png": ("text/html", b"<!doctype html><p>Sorry, that picture is gone.</p>"),
    "/": ("text/html; charset=utf-8", b"<html><body><p>Welcome aboard.</p></body></html>"),
    "/data": ("text/csv", b"a,b\n1,2\n"),
    "/empty.txt": ("text/plain", b""),
}


@pytest.fixture
def site(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("HUGGINGGPT_PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("HUGGINGGPT_MAX_BYTES", "100000")
    monkeypatch.setenv("HUGGINGGPT_FETCH_TIMEOUT", "1")
    process_settings.cache_clear()
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Site)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


async def refusal(url: str) -> str:
    with pytest.raises(ResourceError) as caught:
        await resources.admit(url)
    assert not [path for path in Path("outputs").rglob("*") if path.is_file()]
    return str(caught.value)


async def test_a_link_is_downloaded_and_named_by_its_content(site: str) -> None:
    for path, name in (("/photo", "photo.png"), ("/My%20photo.jpg?size=2", "My_photo.jpg"), ("/data", "data.csv")):
        saved = Path(await resources.admit(site + path))
        assert saved.name == name
    moved = Path(await resources.admit(site + "/moved"))
    assert moved.read_bytes() == picture()
    Path("plain").touch()
    assert moved.stat().st_mode == Path("plain").stat().st_mode  # as readable as any other file


async def test_a_page_is_read_as_text(site: str) -> None:
    assert await resources.load(await resources.admit(site + "/"), "text") == "Welcome aboard."


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/nowhere.png", "answers 404"),
        ("/missing.png", "holds text"),
        ("/empty.txt", "empty"),
        ("/loop", "redirects more than"),
        ("/huge.txt", "larger than"),
        ("/slow.txt", "took longer"),
        ("/slow-headers.txt", "took longer"),
        ("/stroll", "took longer"),
    ],
)
async def test_a_link_that_leads_nowhere_good_gets_one_clear_sentence(site: str, path: str, expected: str) -> None:
    assert expected in await refusal(site + path)


@pytest.mark.slow
async def test_an_abandoned_download_is_stopped(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_FETCH_TIMEOUT", "100")
    process_settings.cache_clear()
    POURING.clear()
    LEFT.clear()
    fetching = asyncio.create_task(resources.admit(site + "/slow"))
    assert await asyncio.to_thread(POURING.wait, 60)
    fetching.cancel()
    assert await asyncio.to_thread(LEFT.wait, 60)
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert not list(Path("outputs/inputs").iterdir())


async def test_unreachable_and_malformed_links_are_refused(site: str) -> None:
    assert "cannot be reached" in await refusal("http://127.0.0.1:9/a.png")
    assert "cannot be found" in await refusal("http://no-such-host.invalid/a.png")
    for url in ("http://", "https://[bad/a.png", "http://exa mple.org/a.png", "http://\udcff.org/"):
        await refusal(url)


@pytest.fixture
def public_only(site: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HUGGINGGPT_PRIVATE_ADDRESSES", "false")
    process_settings.cache_clear()
    return site


async def test_private_addresses_are_refused_however_they_are_written(public_only: str) -> None:
    port = public_only.rpartition(":")[2]
    hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"]
    for host in hosts:
        assert "private address" in await refusal(f"http://{host}:{port}/photo"), host


def test_wrapped_and_reserved_addresses_are_not_public() -> None:
    private = (
        "10.1.2.3 192.168.0.1 172.16.0.1 100.64.0.1 224.0.0.1 fe80::1 fc00::1 ff02::1 64:ff9b::7f00:1 2002:7f00:1::"
    )
    assert not any(map(is_public, private.split()))
    assert all(map(is_public, ("1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101")))


async def test_a_proxy_resolves_names_but_private_addresses_stay_refused(
    public_only: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", public_only)
    monkeypatch.delenv("no_proxy", raising=False)
    assert Path(await resources.admit("http://picture.invalid/photo")).read_bytes() == picture()
    shutil.rmtree("outputs")
    for link in ("http://10.0.0.1/photo", "http://picture.invalid/inwards"):
        assert "private address" in await refusal(link)


async def test_a_refusal_does_not_repeat_passwords_or_tokens(site: str) -> None:
    sentence = await refusal(site.replace("//", "//ada:secret@") + "/nowhere.png?token=secret")
    assert "/nowhere.png" in sentence
    assert "secret" not in sentence
