"""Language models that run on this machine, found on the usual ports of their servers; never used unasked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

SERVERS = {
    "Ollama": "http://127.0.0.1:11434/v1",
    "LM Studio": "http://127.0.0.1:1234/v1",
    "llama.cpp": "http://127.0.0.1:8080/v1",
    "vLLM": "http://127.0.0.1:8000/v1",
}
PATIENCE = 0.5  # seconds; a server on this machine answers at once


@dataclass(frozen=True)
class LocalServer:
    """A server that answered, and the models that it has."""

    name: str
    url: str
    models: tuple[str, ...]

    @property
    def options(self) -> str:
        """What to give a command so that the first of its models plans and answers."""
        return f"--llm openai:{self.models[0]} --base-url {self.url}"


def local_servers(servers: dict[str, str] = SERVERS) -> list[LocalServer]:
    """The servers that answer as OpenAI's do and have a model."""
    with ThreadPoolExecutor(len(servers)) as pool:
        answers = pool.map(_models, servers.values())
        return [
            LocalServer(name, url, models)
            for (name, url), models in zip(servers.items(), answers, strict=True)
            if models
        ]


def _models(url: str) -> tuple[str, ...]:
    try:
        answer: Any = httpx.get(f"{url}/models", timeout=PATIENCE).raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return ()
    return tuple(_names(answer))


def _names(answer: object) -> Iterator[str]:
    rows = answer.get("data") if isinstance(answer, dict) else None
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            yield row["id"]
