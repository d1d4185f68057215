"""What goes wrong with an answer over HTTP: each fault takes the connection, and the answer as it should be."""

import gzip
import json
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.support.faulty import Handler

LATE = 30.0  # seconds after which what is late comes at last: beyond every limit
PORTAL = b"<html><body>Please sign in.</body></html>"
VAST = 13_000  # pixels a side
DRIP = 0.1  # seconds between two bytes of a slow drip


@dataclass(frozen=True)
class Good:
    """An answer as it should be."""

    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


Fault = Callable[["Handler", Good], None]


def well(handler: "Handler", good: Good) -> None:
    """No fault at all."""
    handler.whole(200, good.kind, good.body, **good.headers)


def status(code: int, said: str = "It did not work out.", **headers: str) -> Fault:
    """An error, told in JSON."""
    body = json.dumps({"error": said, "estimated_time": 1.0}).encode()
    return lambda handler, _good: handler.whole(code, "application/json", body, **headers)


def late(handler: "Handler", good: Good) -> None:
    """The right answer, long after anybody waits for it."""
    handler.server.free.wait(LATE)
    well(handler, good)


def hang(handler: "Handler", good: Good) -> None:
    """The head of an answer, and then nothing."""
    handler.head(200, good.kind, len(good.body))
    handler.wfile.flush()
    handler.server.free.wait(LATE)


def drop(handler: "Handler", _good: Good) -> None:
    """The connection ends before a word is said."""
    handler.connection.close()


def html(handler: "Handler", _good: Good) -> None:
    """What a captive portal or a proxy would say."""
    handler.whole(200, "text/html", PORTAL)


def half(handler: "Handler", good: Good) -> None:
    """Half of the answer, as if it were all of it."""
    handler.whole(200, good.kind, good.body[: len(good.body) // 2], **good.headers)


def cut(handler: "Handler", good: Good) -> None:
    """Half of the answer, and the connection ends."""
    handler.head(200, good.kind, len(good.body), **good.headers)
    handler.wfile.write(good.body[: len(good.body) // 2])


def drip(handler: "Handler", good: Good) -> None:
    """The answer, a byte at a time."""
    handler.head(200, good.kind, None)
    for byte in good.body * 100:
        if handler.server.free.wait(DRIP):
            return
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()


def endless(handler: "Handler", good: Good) -> None:
    """An answer that never stops, as fast as the line carries it."""
    piece = good.body if good.kind == "text/event-stream" else b"[0," * 20_000
    piece = piece.replace(b"data: [DONE]\n\n", b"").replace(b'"stop"', b"null") * max(1, 60_000 // len(piece))
    handler.head(200, good.kind, None)
    until = time.monotonic() + LATE
    while time.monotonic() < until and not handler.server.free.is_set():
        handler.wfile.write(piece)


def elsewhere(handler: "Handler", _good: Good) -> None:
    """A redirect to another host, with whatever was sent."""
    handler.whole(307, "text/plain", b"", Location=f"http://localhost:{handler.server.server_port}/elsewhere/x")


def wrong(handler: "Handler", _good: Good) -> None:
    """JSON of quite another form."""
    handler.whole(200, "application/json", b'{"surprise": [1, {"choices": 7}], "error": null}')


def noise(handler: "Handler", good: Good) -> None:
    """Bytes that are nothing, under the right name."""
    handler.whole(200, good.kind, bytes(range(256)) * 20)


def nothing(handler: "Handler", good: Good) -> None:
    """An answer without content."""
    handler.whole(200, good.kind, b"")


def bomb(handler: "Handler", _good: Good) -> None:
    """A few bytes that unpack to a gigabyte."""
    packed = gzip.compress(b" " * 2**20)
    handler.whole(200, "application/json", packed * 1000, Content_Encoding="gzip")


def deep(handler: "Handler", good: Good) -> None:
    """JSON that is nested a hundred thousand times."""
    handler.whole(200, good.kind, b"[" * 100_000 + b"]" * 100_000)


def page(kind: str, body: bytes) -> Fault:
    """Something else instead."""
    return lambda handler, _good: handler.whole(200, kind, body)


def around(handler: "Handler", _good: Good) -> None:
    """A redirect to where the client has just been."""
    handler.whole(302, "text/plain", b"", Location=handler.path)


def vast(handler: "Handler", _good: Good) -> None:
    """A picture of a few kilobytes that unpacks to 169 million pixels."""
    head = struct.pack(">IIBBBBB", VAST, VAST, 1, 0, 0, 0, 0)  # one bit a pixel, grey
    rows = zlib.compress(bytes((VAST // 8 + 1) * VAST), 1)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    handler.whole(200, "image/png", b"\x89PNG\r\n\x1a\n" + body)
