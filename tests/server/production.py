"""The production server as it runs for many: two processes, started at once on a database that is empty."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from app.server import keys
from benchmarks.support.databases import Postgres, Redis, postgres, redis
from tests.server.process import Server, start

GRAPH = "hugginggpt"
QUICK = {  # a lost process is noticed within seconds
    "LEASE_DURATION_SECONDS": "10",
    "HEARTBEAT_INTERVAL_SECONDS": "1",
    "REAPER_INTERVAL_SECONDS": "1",
    "STUCK_PENDING_THRESHOLD_SECONDS": "5",
    "BLPOP_TIMEOUT_SECONDS": "1",
    "POSTGRES_POLL_INTERVAL_SECONDS": "1",
    "HUGGINGGPT_GRACE": "6",
    "HUGGINGGPT_AT_ONCE": "0",
    "HUGGINGGPT_TASKS_AT_ONCE": "0",
    "HUGGINGGPT_SLOTS": '{"stub": 1000}',
}


def human(words: str) -> dict[str, Any]:
    return {"messages": [{"role": "human", "content": words}]}


@dataclass
class Cluster:
    """Two databases and the servers on them."""

    folder: Path
    database: Postgres
    queue: Redis
    ann: str
    bob: str
    servers: list[Server] = field(default_factory=list)

    def launch(self, name: str, **env: str) -> Server:
        env = {**QUICK, "HUGGINGGPT_REDIS": self.queue.url, "HUGGINGGPT_KEYS": str(self.folder / "keys.json"), **env}
        out = str(self.folder / "outputs")
        command = ["benchmarks.support.waiting"]
        server = start(
            command, self.folder / name, "/health", HUGGINGGPT_DATABASE=self.database.url, HUGGINGGPT_OUT=out, **env
        )
        self.servers.append(server)
        return server

    def restore(self, number: int, **env: str) -> Server:
        """Start a server anew where one has ended."""
        self.servers[number].process.wait(60)
        fresh = self.launch(f"again-{len(self.servers)}", **env)
        self.servers.remove(fresh)
        self.servers[number] = fresh
        return fresh

    def client(self, number: int = 0, key: str = "") -> LangGraphClient:
        return get_client(url=self.servers[number].url, api_key=key or self.ann, timeout=90)

    def ask(self, question: str, *given: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(question, given).fetchall()  # type: ignore[arg-type]  # a test's own question

    def runner_of(self, run_id: str) -> int:
        """Which of the servers runs it: Aegra notes host, process id and worker."""
        ((claimed,),) = self.ask("SELECT claimed_by FROM runs WHERE run_id = %s", run_id)
        pid = int(re.search(r"-(\d+)-worker", claimed)[1])  # type: ignore[index]  # it is running
        return [server.process.pid for server in self.servers].index(pid)


@contextmanager
def cluster(folder: Path, **env: str) -> Iterator[Cluster]:
    """Two servers that start together on an empty database."""
    ann, bob = keys.add(folder / "keys.json", "ann"), keys.add(folder / "keys.json", "bob")
    with postgres() as database, redis() as queue:
        made = Cluster(folder, database, queue, ann, bob)
        try:
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda name: made.launch(name, **env), ["first", "second"]))
            yield made
        finally:
            for server in made.servers:
                server.process.kill()
                server.process.wait(60)


async def until(true: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until something is the case; fail if that takes too long."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110 - what it looks at is in another process
            await asyncio.sleep(0.05)
