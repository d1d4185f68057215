"""The production server through LangGraph's own clients: what its API promises holds here."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from langchain_core.messages import HumanMessage
from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk.client import LangGraphClient

from tests.server.process import start
from tests.server.production import GRAPH, Cluster, cluster, human
from tests.support import ROOT

NODE = ROOT / "tests" / "server" / "javascript" / "node_modules"
APPROVE = {"decisions": [{"type": "approve"}]}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("production")) as made:
        yield made


@pytest.fixture
async def client(pair: Cluster) -> AsyncIterator[LangGraphClient]:
    async with pair.client() as opened:
        yield opened


@pytest.fixture
async def thread(client: LangGraphClient) -> str:
    return str((await client.threads.create())["thread_id"])


async def words(client: LangGraphClient, thread: str) -> list[str]:
    values: Any = (await client.threads.get_state(thread))["values"]
    return [f"{message['type']}: {message['content'][:24]}" for message in values["messages"]]


def test_two_processes_make_the_tables_of_an_empty_database_together(pair: Cluster) -> None:
    assert [server.process.poll() for server in pair.servers] == [None, None]
    assert pair.ask("SELECT count(*) FROM assistant WHERE user_id = 'system'") == [(1,)]


async def test_the_assistants_are_the_graph_and_one_s_own(pair: Cluster, client: LangGraphClient) -> None:
    (ours,) = await client.assistants.search(graph_id=GRAPH)
    schemas: Any = await client.assistants.get_schemas(ours["assistant_id"])
    assert "approve_plan" in schemas["context_schema"]["properties"]
    assert {node["id"] for node in (await client.assistants.get_graph(ours["assistant_id"]))["nodes"]} > {
        "plan",
        "select",
        "execute",
    }
    mine = await client.assistants.create(GRAPH, context={"approve_plan": True}, name="with approval")
    async with pair.client(key=pair.bob) as his:
        assert mine["assistant_id"] not in {each["assistant_id"] for each in await his.assistants.search()}
    stopped: Any = await client.runs.wait(None, mine["assistant_id"], input=human('Summarize "0 s"'))
    assert stopped["results"] == []
    await client.assistants.delete(mine["assistant_id"])


async def test_threads_have_the_id_they_were_given_and_can_be_searched_copied_and_deleted(
    client: LangGraphClient,
) -> None:
    given = str(uuid4())
    assert (await client.threads.create(thread_id=given, metadata={"about": given}))["thread_id"] == given
    await client.runs.wait(given, GRAPH, input=human('Summarize "0 s"'))
    (found,) = await client.threads.search(metadata={"about": given})
    assert found["thread_id"] == given
    history = await client.threads.get_history(given)
    assert [state["next"] for state in history][:2] == [[], ["respond"]]
    await client.threads.update(given, metadata={"more": 1})
    assert (await client.threads.get(given))["metadata"]["more"] == 1  # type: ignore[index]
    await client.threads.delete(given)
    with pytest.raises(Exception, match="not found"):
        await client.threads.get(given)


async def test_runs_stream_what_happens_and_end(client: LangGraphClient, thread: str) -> None:
    modes: Any = ["values", "updates", "custom", "messages-tuple"]
    stream = client.runs.stream(thread, GRAPH, input=human('Summarize "0 s"'), stream_mode=modes)
    kinds = [part.event async for part in stream]
    assert kinds[0] == "metadata"
    assert {"values", "updates", "custom", "messages"} <= set(kinds)


async def test_a_run_in_the_background_can_be_joined_from_another_process_and_cancelled(
    pair: Cluster, client: LangGraphClient, thread: str
) -> None:
    run = await client.runs.create(thread, GRAPH, input=human('Summarize "0.5 s"'))
    async with pair.client(1) as there:
        joined: Any = await there.runs.join(thread, run["run_id"])
        assert joined["results"][0]["text"] == "waited: 0.5 s"
        long = await there.runs.create(thread, GRAPH, input=human('Summarize "600 s"'))
        await client.runs.cancel(thread, long["run_id"], wait=True)
        assert (await there.runs.get(thread, long["run_id"]))["status"] == "interrupted"


async def test_whoever_waits_is_told_at_once_that_a_run_has_ended(client: LangGraphClient, thread: str) -> None:
    """Aegra's own workers look every two seconds; ours are told."""
    late = []
    for number in range(5):
        await client.runs.wait(thread, GRAPH, input=human(f'Summarize "0 s {number}"'))
        told = time.time()
        ended = (await client.runs.list(thread, limit=1))[0]["updated_at"]
        late.append(told - datetime.fromisoformat(str(ended)).timestamp())
    assert min(late) < 0.7


async def test_runs_of_one_thread_follow_each_other_over_both_processes(
    pair: Cluster, client: LangGraphClient, thread: str
) -> None:
    async with pair.client(1) as there:
        asked = [
            each.runs.wait(thread, GRAPH, input=human(f'Summarize "0.2 s {number}"'))
            for number, each in enumerate([client, there] * 3)
        ]
        await asyncio.gather(*asked)
    assert [line.partition(":")[0] for line in await words(client, thread)] == ["human", "ai"] * 6


async def test_a_busy_thread_can_be_refused_or_interrupted(client: LangGraphClient, thread: str) -> None:
    first = await client.runs.create(thread, GRAPH, input=human('Summarize "600 s"'))
    with pytest.raises(Exception, match="409"):
        await client.runs.wait(thread, GRAPH, input=human("Hello"), multitask_strategy="reject")
    with pytest.raises(Exception, match="422"):
        await client.runs.wait(thread, GRAPH, input=human("Hello"), multitask_strategy="rollback")
    made: Any = await client.runs.wait(thread, GRAPH, input=human('Summarize "0 s"'), multitask_strategy="interrupt")
    assert made["results"][0]["text"] == "waited: 0 s"
    assert (await client.runs.get(thread, first["run_id"]))["status"] == "interrupted"


async def test_a_stopped_run_goes_on_without_input(client: LangGraphClient, thread: str) -> None:
    run = await client.runs.create(thread, GRAPH, input=human('Summarize "0 s"'), interrupt_before=["execute"])
    await client.runs.join(thread, run["run_id"])
    made: Any = await client.runs.wait(thread, GRAPH, input=None)
    assert [result["status"] for result in made["results"]] == ["done"]
    assert len(await words(client, thread)) == 2


async def test_errors_keep_their_sentence_and_unknown_options_are_refused(client: LangGraphClient, thread: str) -> None:
    wrong: Any = {"llm": "nobody:nothing"}
    with pytest.raises(Exception, match="is not offered here"):
        await client.runs.wait(thread, GRAPH, input=human("Hello"), context=wrong)
    parts = [part async for part in client.runs.stream(thread, GRAPH, input=human("Hello"), context=wrong)]
    (told, *_) = [part.data for part in parts if part.event == "error"]
    assert "is not offered here" in told["message"]
    with pytest.raises(Exception, match="422"):
        await client.runs.wait(thread, GRAPH, input=human("Hello"), context={"aprove_plan": True})


async def test_the_bodies_of_agent_chat_ui_are_understood(pair: Cluster, client: LangGraphClient, thread: str) -> None:
    common = {
        "assistant_id": GRAPH,
        "stream_mode": ["values", "messages-tuple", "custom"],
        "stream_subgraphs": True,
        "stream_resumable": True,
        "on_disconnect": "continue",
    }
    asks = {"input": human('Summarize "0 s"'), "context": {"approve_plan": True}}
    answers = {"input": {}, "command": {"resume": APPROVE}}
    async with httpx.AsyncClient(base_url=pair.servers[0].url, headers={"X-Api-Key": pair.ann}, timeout=60) as http:
        for body, told in ((asks, "__interrupt__"), (answers, "waited: 0 s")):
            reply = await http.post(f"/threads/{thread}/runs/stream", json={**common, **body})
            assert reply.status_code == 200
            assert told in reply.text
            assert "event: error" not in reply.text


@pytest.mark.parametrize("kind", ["reject", "edit"])
async def test_a_proposal_can_be_rejected_or_edited_by_another_process(
    pair: Cluster, client: LangGraphClient, thread: str, kind: str
) -> None:
    asked: Any = await client.runs.wait(thread, GRAPH, input=human('Summarize "0 s"'), context={"approve_plan": True})
    (request,) = asked["__interrupt__"][0]["value"]["action_requests"]
    request["args"]["tasks"][0]["args"]["text"] = "0 s, edited"
    edited = {"edited_action": {"name": request.get("action", request.get("name")), "args": request["args"]}}
    decision = {"type": kind, **(edited if kind == "edit" else {})}
    async with pair.client(1) as there:
        made: Any = await there.runs.wait(thread, GRAPH, command={"resume": {"decisions": [decision]}})
    (result,) = made["results"]
    expected = {"edit": ("done", "waited: 0 s, edited"), "reject": ("cancelled", None)}
    assert (result["status"], result["text"]) == expected[kind]


async def test_stored_items_are_found_again_by_the_namespace_that_search_returns(
    pair: Cluster, client: LangGraphClient
) -> None:
    await client.store.put_item(["notes"], "one", {"said": "yes"})
    (found,) = (await client.store.search_items(["notes"]))["items"]
    assert (await client.store.get_item(found["namespace"], "one"))["value"] == {"said": "yes"}
    async with pair.client(key=pair.bob) as his:
        assert (await his.store.search_items(["notes"]))["items"] == []
        assert (await his.store.search_items(found["namespace"]))["items"] == []


async def test_a_run_can_be_put_on_a_schedule(pair: Cluster, client: LangGraphClient) -> None:
    made = await client.crons.create(GRAPH, schedule="0 0 1 1 *", input=human("Happy new year"))
    async with pair.client(key=pair.bob) as his:
        assert await his.crons.search() == []
    (found,) = await client.crons.search()
    await client.crons.delete(found["cron_id"])
    assert made


async def test_users_see_nothing_of_each_other(pair: Cluster, client: LangGraphClient, thread: str) -> None:
    await client.runs.wait(thread, GRAPH, input=human('Summarize "0 s"'))
    async with pair.client(key=pair.bob) as his:
        assert thread not in {each["thread_id"] for each in await his.threads.search()}
        for call in (
            his.threads.get(thread),
            his.threads.get_state(thread),
            his.threads.get_history(thread),
            his.runs.list(thread),
            his.runs.wait(thread, GRAPH, input=human("Hello")),
            his.runs.wait(thread, GRAPH, input=human("Hello"), multitask_strategy="interrupt"),
            his.threads.delete(thread),
        ):
            try:
                assert await call == []
            except httpx.HTTPStatusError as error:
                assert error.response.status_code in {403, 404}  # noqa: PT017 - either is right
    assert len(await words(client, thread)) == 2


def test_every_route_asks_for_a_key(pair: Cluster) -> None:
    with httpx.Client(base_url=pair.servers[0].url, timeout=30) as nobody:
        for path in ("/threads/search", "/runs/wait", "/store/items/search", "/assistants/search", "/v1/models"):
            assert nobody.post(path, json={}).status_code == 401
        for path in ("/", "/info", "/docs", "/openapi.json", "/metrics", "/mcp", "/tasks"):
            assert nobody.get(path).status_code == 401
        assert nobody.get("/health").json() == {"status": "ok"}


def test_pages_of_other_sites_are_shut_out(pair: Cluster) -> None:
    with httpx.Client(base_url=pair.servers[0].url, headers={"X-Api-Key": pair.ann}, timeout=30) as page:
        ask = {"Access-Control-Request-Method": "POST"}
        for origin, allowed in (("https://smith.langchain.com", True), ("https://elsewhere.example", False)):
            told = page.options("/threads", headers={"Origin": origin, **ask})
            assert (told.headers.get("access-control-allow-origin") == origin) is allowed
        assert page.post("/threads", json={}, headers={"Origin": "https://elsewhere.example"}).status_code == 403


def test_our_own_routes_are_in_the_same_process(pair: Cluster) -> None:
    asked = {"messages": [{"role": "user", "content": 'Summarize "0 s"'}]}
    with httpx.Client(base_url=pair.servers[0].url, headers={"X-Api-Key": pair.ann}, timeout=60) as http:
        assert "waited: 0 s" in http.post("/hugginggpt", json=asked).json()["message"]
        assert http.get("/v1/models").json()["data"][0]["id"] == GRAPH
        made = http.post("/v1/chat/completions", json={"model": GRAPH, **asked}).json()
        assert "waited: 0 s" in made["choices"][0]["message"]["content"]


async def test_the_graph_can_be_a_node_of_another(pair: Cluster) -> None:
    async with pair.client() as client:  # one made by RemoteGraph itself would never be closed
        made: Any = await RemoteGraph(GRAPH, client=client).ainvoke({"messages": [HumanMessage('Summarize "0 s"')]})
    assert made["results"][0]["text"] == "waited: 0 s"


def test_a_wrong_address_is_told_in_a_sentence_without_the_password(pair: Cluster, tmp_path: Path) -> None:
    lost = "postgresql://me:secret@127.0.0.1:1/none"
    for env, named in (
        ({"HUGGINGGPT_DATABASE": lost}, "HUGGINGGPT_DATABASE"),
        ({"HUGGINGGPT_DATABASE": pair.database.url, "HUGGINGGPT_REDIS": "redis://:secret@127.0.0.1:1/0"}, "REDIS"),
    ):
        with pytest.raises(RuntimeError, match=named) as refused:
            start(["app.cli.main", "serve"], tmp_path, "/health", **env)
        assert "secret" not in str(refused.value)
        assert "Traceback" not in str(refused.value)


@pytest.mark.skipif(not NODE.exists(), reason="make test installs the client's package where there is npm")
def test_langgraph_s_javascript_client_is_served(pair: Cluster) -> None:
    command = ["node", "client.mjs", pair.servers[0].url, pair.ann]
    ran = subprocess.run(command, cwd=NODE.parent, capture_output=True, text=True, timeout=90, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines() == ["interrupted", "waited: 0 s", "human,ai"]
