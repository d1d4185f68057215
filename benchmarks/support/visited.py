"""The server of unsteady.py in a process of its own, stopped and started on the same folder and port; and visitors."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.support.databases import free_port
from benchmarks.support.servers import ROOT

GONE = 499  # how the access log tells requests without an answer
SLOTS = 8  # calls of the model at a time


@dataclass
class Server:
    """The server in a process of its own, which can be stopped and started on the same folder and port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    async def start(self) -> None:
        """Start it, and wait until it answers. Raises RuntimeError if it does not."""
        env = {**os.environ, "PYTHONPATH": str(ROOT), "HUGGINGGPT_LLM": "offline", "HUGGINGGPT_PAGE": "false"}
        env |= {"HUGGINGGPT_KEYS": str(self.folder / "keys.json"), "HUGGINGGPT_SLOTS": json.dumps({"stub": SLOTS})}
        env |= {"HUGGINGGPT_OUT": str(self.folder / "out"), "HUGGINGGPT_CACHE_FOLDER": str(self.folder / "cache")}
        env |= {"HUGGINGGPT_ACCESS_LOG": str(self.folder / "access")}
        command = [sys.executable, "-m", "benchmarks.support.unsteady", "--port", str(self.port)]
        self.process = await asyncio.to_thread(self._launch, command, env)
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as http:
            for _ in range(600):
                try:
                    if (await http.get("/health")).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        raise RuntimeError("The server did not start.")

    def _launch(self, command: Sequence[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, env=env, stdout=log, stderr=log)  # noqa: S603 - our own

    async def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(self.process.wait, 60)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def unanswered(self) -> int:
        """Requests of which the server itself says that it began no answer."""
        lines = map(json.loads, (self.folder / "access").read_text().splitlines())
        return sum(line["status"] == GONE for line in lines)

    def usage(self) -> tuple[float, int]:
        """Megabytes of memory, and open handles."""
        place = Path(f"/proc/{self.process.pid if self.process else 0}")
        (line,) = (line for line in (place / "status").read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024, len(list((place / "fd").iterdir()))


@dataclass
class Client:
    """One of an owner's clients."""

    http: httpx.AsyncClient
    chance: random.Random
    number: int = 0

    async def ask(self) -> str:
        """One request of some kind, and how it ended."""
        self.number += 1
        kind = self.chance.choice(
            (self.whole, self.streamed, self.original, self.planned, self.with_file, self.leaving)
        )
        return await kind(f'Summarize "wish {self.chance.random()}"')

    async def whole(self, words: str) -> str:
        """OpenAI's API, all at once."""
        return _end(await self.http.post("/v1/chat/completions", json=_body(words)))

    async def original(self, words: str) -> str:
        """The original's route."""
        return _end(await self.http.post("/hugginggpt", json=_body(words)))

    async def planned(self, words: str) -> str:
        """The plan alone."""
        return _end(await self.http.post("/tasks", json=_body(words)))

    async def with_file(self, words: str) -> str:
        """A file first, and then a request about it."""
        sent = await self.http.post("/uploads", files={"file": ("words.txt", words.encode())})
        if sent.is_error:
            return _end(sent)
        return _end(await self.http.post("/hugginggpt", json=_body(f"Summarize {sent.json()[0]['resource']}")))

    async def streamed(self, words: str) -> str:
        """OpenAI's API as a stream, which has to come to its end."""
        async with self.http.stream("POST", "/v1/chat/completions", json=_body(words, stream=True)) as reply:
            if reply.is_error:
                return _end(reply)
            said = "".join([piece async for piece in reply.aiter_text()])
        return "done" if "[DONE]" in said else "broken off"

    async def leaving(self, words: str) -> str:
        """A stream whose client goes away at once."""
        async with self.http.stream("POST", "/v1/chat/completions", json=_body(words, stream=True)) as reply:
            return "left" if not reply.is_error else _end(reply)


def _body(words: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"model": "hugginggpt", "messages": [{"role": "user", "content": words}], **more}


def _end(reply: httpx.Response) -> str:
    return "done" if reply.is_success else f"status {reply.status_code}"
