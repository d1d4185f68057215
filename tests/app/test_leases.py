"""One process at a time works on a conversation of the page, and all processes see it: on a real Postgres."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import psycopg
import pytest
from langchain_core.messages import HumanMessage

from app.leases import BEAT, Busy
from app.page.conversations import Conversations
from benchmarks.support.databases import Postgres, postgres
from graph.context import Context
from tools.settings import process_settings

OWNER, THREAD = "local/browser", "thread"


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture
async def two(database: Postgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Conversations]]:
    """The page's conversations as two processes have them open."""
    monkeypatch.setenv("HUGGINGGPT_DATABASE", database.url)
    process_settings.cache_clear()
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Conversations.opened()) for _ in range(2)]
    process_settings.cache_clear()


@pytest.mark.slow
async def test_a_conversation_is_the_same_in_every_process(two: list[Conversations]) -> None:
    here, there = two
    await here.name(OWNER, "shared", "Hello")
    config = here.config(OWNER, "shared", Context())
    await here.graph.aupdate_state(config, {"messages": [HumanMessage("Hello")]}, as_node="respond")
    assert [(entry.title, entry.thread) for entry in await there.titles(OWNER)] == [("Hello", "shared")]
    assert [message.text for message in (await there.open(OWNER, "shared")).messages] == ["Hello"]
    assert await there.titles("local/other") == []


async def test_a_request_runs_in_one_process_only(two: list[Conversations]) -> None:
    here, there = two
    async with here.turn(OWNER, THREAD):
        assert await there.elsewhere(OWNER, THREAD)
        with pytest.raises(Busy, match="still runs"):
            async with there.turn(OWNER, THREAD):
                pass
    assert not await there.elsewhere(OWNER, THREAD)
    async with there.turn(OWNER, THREAD):
        assert await here.elsewhere(OWNER, THREAD)


async def work(conversations: Conversations, begun: asyncio.Event) -> None:
    async with conversations.turn(OWNER, THREAD):
        begun.set()
        await asyncio.Event().wait()


@pytest.mark.slow
async def test_a_request_can_be_stopped_from_another_process(two: list[Conversations]) -> None:
    here, there = two
    begun = asyncio.Event()
    running = asyncio.create_task(work(here, begun))
    await begun.wait()
    await there.stop(OWNER, THREAD)
    await asyncio.wait([running], timeout=10 * BEAT)
    assert running.cancelled()
    assert not await there.elsewhere(OWNER, THREAD)


@pytest.mark.slow
async def test_what_a_lost_process_held_is_free_and_it_learns_of_that(
    two: list[Conversations], database: Postgres
) -> None:
    here, there = two
    begun = asyncio.Event()
    running = asyncio.create_task(work(here, begun))
    await begun.wait()
    with psycopg.connect(database.url, autocommit=True) as connection:  # as if its time had run out
        connection.execute("UPDATE hugginggpt_leases SET until = now() - interval '1 second'")
    async with there.turn(OWNER, THREAD):
        await asyncio.wait([running], timeout=10 * BEAT)
        assert running.cancelled()
        assert await here.elsewhere(OWNER, THREAD)
