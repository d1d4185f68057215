"""What the server still holds after large pictures: ``python -m benchmarks.memory [--requests N] [--json]``.

The real server with the built-in experts, one request after the other on a picture of 50 megapixels, each for
something else, so that none is answered from the cache. Before and after are resident memory, the peak is what the
system saw at most: who holds nothing after it held nothing at all has shown nothing.
"""

import argparse
import base64
import io
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.support.servers import process

WIDTH, HEIGHT = 8660, 5773  # pixels: 50 million
CHANGES = ("grey", "sepia", "brighter", "darker", "sharper")
TURNS = ("", " and turn it by 90 degrees", " and turn it upside down", " and mirror it")
WISHES = [f"Make it {change}{turn}" for turn in TURNS for change in CHANGES]


def picture(width: int, height: int) -> bytes:
    """A JPEG of soft stripes."""
    down, across = np.ogrid[0:height, 0:width]
    bands = [(down // 24 + across // 32) % 256, (across // 34) % 256, (down // 23) % 256]
    pixels = np.stack([np.broadcast_to(band, (height, width)).astype(np.uint8) for band in bands], axis=-1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return file.getvalue()


def measure(requests: int) -> dict[str, Any]:
    """Megabytes that the server holds before and after, and at most, and what it held after each request."""
    environment = {"HUGGINGGPT_LLM": "offline", "HUGGINGGPT_PAGE": "false", "HUGGINGGPT_MODE": "auto"}
    with process("app.cli.main", "serve", **environment) as (url, pid), httpx.Client(base_url=url, timeout=300) as http:
        for wish in WISHES[: len(CHANGES)]:
            ask(http, wish, picture(640, 480))
        large, before, held = picture(WIDTH, HEIGHT), memory(pid)["VmRSS"], []
        for number in range(requests):
            ask(http, WISHES[number % len(WISHES)], large)
            held.append(memory(pid)["VmRSS"])
        return {"before": before, "after": held[-1], "peak": memory(pid)["VmHWM"], "held": held}


def ask(http: httpx.Client, wish: str, content: bytes) -> None:
    """Have one picture changed. Raises RuntimeError where nothing was made."""
    file = {"url": f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"}
    said = [{"type": "text", "text": wish}, {"type": "image_url", "image_url": file}]
    sent = {"model": "hugginggpt", "messages": [{"role": "user", "content": said}]}
    answer = http.post("/v1/chat/completions", json=sent).raise_for_status().text
    if "/artifacts/" not in answer:
        raise RuntimeError(answer)


def memory(pid: int) -> dict[str, int]:
    """Megabytes that the system counts for a process, by its names for them."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    sizes = (line.split() for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(kilobytes) // 1024 for name, kilobytes, _ in sizes}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=len(WISHES))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    measured = measure(options.requests)
    if options.json:
        print(json.dumps(measured))
        return
    table = Table("resident memory of the server", "MB", title=f"{options.requests} requests on 50 megapixels")
    for name in ("before", "after", "peak"):
        table.add_row(name, str(measured[name]))
    Console().print(table)


if __name__ == "__main__":
    main()
