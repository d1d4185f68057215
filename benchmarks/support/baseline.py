"""The same requests by bare asyncio: a plan asked for, its tasks run as they can, an answer asked for; nothing kept."""

import asyncio
import json
import time
from typing import Any

import httpx

from benchmarks.support.workloads import TEXT, WORKLOADS

LIMITS = httpx.Limits(max_connections=1000)


async def request(client: httpx.AsyncClient, name: str) -> tuple[float, float]:
    """Seconds of the whole request and of its tasks."""
    begun = time.perf_counter()
    written = json.loads(await _complete(client, name, {"response_format": {"type": "json_object"}}))
    planned = time.perf_counter()
    running: dict[int, asyncio.Task[None]] = {}
    for number, (task, (_, needs)) in enumerate(zip(written["tasks"], WORKLOADS[name].values(), strict=True)):
        ((kind, args),) = task.items()
        waited = [running[need] for need in needs]
        running[number] = asyncio.create_task(_run(client, kind, args["text"] if kind == TEXT else "", waited))
    await asyncio.gather(*running.values())
    done = time.perf_counter()
    await _complete(client, name, {})
    return time.perf_counter() - begun, done - planned


async def _run(client: httpx.AsyncClient, kind: str, text: str, needs: list[asyncio.Task[None]]) -> None:
    if needs:
        await asyncio.wait(needs)
    (await client.post(f"/{kind}", json={"inputs": text})).raise_for_status()


async def _complete(client: httpx.AsyncClient, model: str, options: dict[str, Any]) -> str:
    body = {"model": model, "messages": [{"role": "user", "content": "Do it."}], "stream": True, **options}
    text = ""
    async with client.stream("POST", "/v1/chat/completions", json=body) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                choices = json.loads(line.removeprefix("data: "))["choices"]
                text += "".join(choice["delta"].get("content", "") for choice in choices)
    return text
