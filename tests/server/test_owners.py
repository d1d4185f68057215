"""What is one owner's stays theirs on every route that the whole server has, and leaves it when they say so."""

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.checkpoints import LazyMemory
from app.server.data import Data
from app.server.main import ROUTES
from tests.server.production import GRAPH, Cluster, cluster, human

WORDS = "xyzzy-tonight"
MOST = 6  # runs of an owner's that have not ended


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("owners"), HUGGINGGPT_AT_ONCE=str(MOST)) as made:
        yield made


def person(pair: Cluster, key: str, number: int = 0) -> httpx.Client:
    return httpx.Client(base_url=pair.servers[number].url, headers={"X-Api-Key": key}, timeout=60)


def possessions(http: httpx.Client) -> dict[str, str]:
    """Something of every kind, each holding the secret; what is called how."""

    def made(path: str, **body: object) -> dict[str, Any]:
        reply = http.post(path, json=body)
        assert reply.is_success, reply.text
        answer: dict[str, Any] = reply.json()
        return answer

    thread = made("/threads", metadata={"about": WORDS})["thread_id"]
    given = {"assistant_id": GRAPH, "input": human(f'Summarize "0 s {WORDS}"'), "metadata": {"about": WORDS}}
    run = made(f"/threads/{thread}/runs", **given)["run_id"]
    assert http.get(f"/threads/{thread}/runs/{run}/join").is_success
    state = http.get(f"/threads/{thread}/state").json()
    own = {"graph_id": GRAPH, "name": WORDS, "metadata": {"about": WORDS}, "if_exists": "do_nothing"}
    assistant = made("/assistants", **own)["assistant_id"]
    cron = made("/runs/crons", **given, schedule="0 0 1 1 *", enabled=False)  # else its first run begins at once
    assert http.put("/store/items", json={"namespace": ["n"], "key": "k", "value": {"about": WORDS}}).is_success
    (upload,) = http.post("/uploads", files={"file": ("note.txt", WORDS.encode())}).json()
    return {
        "thread_id": thread,
        "run_id": run,
        "checkpoint_id": state["checkpoint"]["checkpoint_id"],
        "assistant_id": assistant,
        "cron_id": cron["cron_id"],
        "path": upload["url"].partition("/artifacts/")[2].partition("?")[0],
        "resource": upload["resource"],
    }


def everywhere(pair: Cluster, words: str) -> list[str]:
    """The tables of the database in which these words stand, as text or as bytes."""
    tables = pair.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    looks = (f"%{words}%", f"%{words.encode().hex()}%")
    found = "SELECT FROM {} AS t WHERE t::text LIKE %s OR t::text LIKE %s"
    return [table for (table,) in tables if pair.ask(found.format(f'"{table}"'), *looks)]


def routes(http: httpx.Client) -> Iterator[tuple[str, str]]:
    """Every route of the server: its own document tells LangGraph's, the application's own list the others."""
    for path, ways in http.get("/openapi.json").json()["paths"].items():
        yield from ((way.upper(), path) for way in ways)
    yield from ((method, path.replace(":path}", "}")) for method, path, _ in [*ROUTES, *Data(LazyMemory()).routes])
    yield "POST", "/mcp"


def asks_for(theirs: dict[str, str]) -> dict[str, Any]:
    """A body that names what is another's wherever some route takes a name."""
    words = {"role": "user", "content": f"Repeat {theirs['resource']} and https://x.example/artifacts/{theirs['path']}"}
    begin = {"assistant_id": theirs["assistant_id"], "input": {"messages": [words], "resources": [theirs["resource"]]}}
    return {
        **begin,
        **{name: theirs[name] for name in ("thread_id", "checkpoint_id", "cron_id")},
        "run_ids": [theirs["run_id"]],
        "checkpoint": {"checkpoint_id": theirs["checkpoint_id"]},
        "namespace": ["users", "ann", "n"],
        "namespace_prefix": ["users", "ann"],
        "key": "k",
        "value": {"mine": 1},
        "values": {"messages": [words]},
        "metadata": {"mine": 1},
        "version": 1,
        "schedule": "0 0 1 1 *",
        "model": GRAPH,
        "messages": [words],
        "name": "mine",
        "graph_id": GRAPH,
    }


def test_no_route_shows_or_changes_what_is_another_s(pair: Cluster) -> None:
    with person(pair, pair.ann) as ann, person(pair, pair.bob) as bob:
        theirs = possessions(ann)
        before = seen(ann, theirs)
        tried = 0
        for method, path in sorted(set(routes(bob))):
            for body in (None, asks_for(theirs)) if method != "GET" else (None,):
                told = bob.request(method, path.format_map({**theirs, "model": GRAPH}), json=body, params=NAMED)
                assert WORDS not in told.text, (method, path, told.text)
                assert told.status_code < 500, (method, path, told.text)
                tried += 1
        assert tried > 80
        assert seen(ann, theirs) == before


NAMED = {"namespace": "users.ann.n", "key": "k"}


def seen(http: httpx.Client, mine: dict[str, str]) -> list[Any]:
    """All that its owner sees of it."""
    thread = f"/threads/{mine['thread_id']}"
    ways = (thread, f"{thread}/state", f"{thread}/history", f"{thread}/runs", f"/assistants/{mine['assistant_id']}")
    shown = [http.get(way) for way in (*ways, f"/artifacts/{mine['path']}", "/store/items?namespace=n&key=k")]
    assert [reply.status_code for reply in shown] == [200] * len(shown)
    return [*(reply.text for reply in shown), http.post("/runs/crons/search", json={}).json()]


def test_what_an_owner_deletes_is_in_no_table_any_more(pair: Cluster) -> None:
    with person(pair, pair.ann) as ann, person(pair, pair.bob, 1) as bob:
        possessions(ann)
        kept = possessions(bob)
        assert everywhere(pair, WORDS)
        kinds = ann.get("/data").json()["kinds"]
        assert {"conversation", "file", "note", "assistant", "cron"} <= kinds.keys()
        assert b"xyzzy-tonight" in exported(ann)
        assert ann.delete("/data").json() == {"deleted": kinds, "busy": []}
        assert ann.get("/data").json() == {"items": [], "kinds": {}}
        assert ann.post("/threads/search", json={}).json() == []
        assert pair.ask("SELECT count(*) FROM checkpoints WHERE thread_id <> %s", kept["thread_id"]) == [(0,)]
        assert len(seen(bob, kept)) > 5
        bob.delete("/data")
    assert everywhere(pair, WORDS) == []


def exported(http: httpx.Client) -> bytes:
    with zipfile.ZipFile(io.BytesIO(http.get("/data/export").content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist() if name.startswith("conversations/"))


def test_a_thread_with_a_run_stays_until_that_has_ended(pair: Cluster) -> None:
    with person(pair, pair.ann) as ann:
        thread = ann.post("/threads", json={}).json()["thread_id"]
        begun = ann.post(f"/threads/{thread}/runs", json={"assistant_id": GRAPH, "input": human('Summarize "30 s"')})
        assert ann.delete("/data").json()["busy"] == [thread]
        ann.post(f"/threads/{thread}/runs/{begun.json()['run_id']}/cancel?wait=1")
        assert ann.get(f"/threads/{thread}/runs/{begun.json()['run_id']}").json()["status"] != "running"
        assert ann.delete("/data").json()["busy"] == []
        assert ann.get(f"/threads/{thread}").status_code == 404


def test_a_request_sent_to_two_processes_at_once_is_run_once(pair: Cluster) -> None:
    with person(pair, pair.ann) as here, person(pair, pair.ann, 1) as there, ThreadPoolExecutor() as pool:
        thread = here.post("/threads", json={}).json()["thread_id"]
        body = {"assistant_id": GRAPH, "input": human('Summarize "1 s"')}
        key = {"Idempotency-Key": "twice"}

        def wait(http: httpx.Client) -> httpx.Response:
            return http.post(f"/threads/{thread}/runs/wait", json=body, headers=key)

        first, second = pool.map(wait, (here, there))
        assert first.json()["messages"] == second.json()["messages"]
        assert len(here.get(f"/threads/{thread}/runs").json()) == 1
        other = there.post(f"/threads/{thread}/runs/wait", json={**body, "metadata": {"x": 1}}, headers=key)
        assert other.status_code == 422
        assert here.delete("/data").json()["deleted"]["answer"]["number"] == 1


def test_an_owner_s_unfinished_runs_are_bounded_and_can_be_cancelled(pair: Cluster) -> None:
    with person(pair, pair.ann) as ann, person(pair, pair.bob) as bob:
        body = {"assistant_id": GRAPH, "input": human('Summarize "40 s"')}
        threads = [ann.post("/threads", json={}).json()["thread_id"] for _ in range(MOST + 1)]
        begun = [ann.post(f"/threads/{thread}/runs", json=body) for thread in threads]
        assert [reply.status_code for reply in begun] == [200] * MOST + [429]
        assert begun[-1].headers["retry-after"] == "5"
        assert "have not ended" in begun[-1].json()["detail"]
        assert bob.post("/threads", json={}).status_code == 200
        for run in begun[:-1]:
            at = f"/threads/{run.json()['thread_id']}/runs/{run.json()['run_id']}"
            assert ann.post(f"{at}/cancel").status_code < 300
        assert ann.post("/threads/search", json={}).status_code == 200
