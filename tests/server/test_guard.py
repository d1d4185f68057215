"""Nobody gets in without a key but this machine itself, and everyone sees their own alone."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.errors import NotFoundError

from tests.server.process import Guarded, Server, start_dev

ROUTES = [
    *[("GET", path) for path in ("/", "/info", "/docs", "/openapi.json", "/metrics", "/ui/x", "/artifacts/x.png")],
    *[("GET", path) for path in ("/threads/6f1d8f5e-0000-4000-8000-000000000000", "/v1/models", "/none", "/app/")],
    *[
        ("POST", path)
        for path in ("/threads", "/threads/search", "/assistants/search", "/runs/wait", "/store/items/search")
    ],
    *[("POST", path) for path in ("/hugginggpt", "/tasks", "/results", "/v1/chat/completions", "/uploads", "/mcp")],
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_needs_a_key(guarded: Guarded, method: str, path: str) -> None:
    url = guarded.server.url + path
    studio = {"x-auth-scheme": "langsmith"}
    wrong = {"Authorization": f"Bearer {guarded.ann[:-1]}"}
    for headers in ({}, studio, wrong, {"X-Api-Key": "x"}, {"Authorization": "Basic ///"}):
        reply = httpx.request(method, url, headers=headers, json={} if method == "POST" else None)
        assert reply.status_code == 401, (path, headers)
        told = reply.json()
        assert "key" in (told["error"]["message"] if path.startswith("/v1/") else told["detail"])


def test_a_key_may_come_as_bearer_header_or_password(guarded: Guarded) -> None:
    ways: list[dict[str, Any]] = [
        {"headers": {"Authorization": f"Bearer {guarded.ann}"}},
        {"headers": {"X-Api-Key": guarded.ann}},
        {"auth": ("anyone", guarded.ann)},
    ]
    assert [httpx.get(guarded.server.url + "/info", **way).status_code for way in ways] == [200] * 3


def test_a_key_as_a_password_opens_the_page(guarded: Guarded) -> None:
    page = httpx.get(guarded.server.url + "/app/", auth=("ann", guarded.ann), timeout=30)
    assert page.status_code == 200
    assert "gradio" in page.text


def test_a_load_balancer_needs_no_key_to_ask_for_health(guarded: Guarded) -> None:
    assert httpx.get(guarded.server.url + "/ok").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[
            ("GET", "/internal/debug/thread/x"),
            ("POST", "/internal/truncate"),
            ("GET", "/internal"),
            ("GET", "/deploy"),
        ],
        *[("POST", "/deploy"), ("GET", "/deploy/x/stream")],
    ],
)
def test_what_reads_and_deletes_everybody_s_is_closed_to_holders_of_keys(
    guarded: Guarded, method: str, path: str
) -> None:
    with guarded.client(guarded.ann) as ann:
        assert ann.request(method, path, json={} if method == "POST" else None).status_code == 404


def test_users_see_only_their_own_threads(guarded: Guarded) -> None:
    url = guarded.server.url
    with get_sync_client(url=url, api_key=guarded.ann) as ann, get_sync_client(url=url, api_key=guarded.bob) as bob:
        thread = ann.threads.create()["thread_id"]
        assert thread in [found["thread_id"] for found in ann.threads.search()]
        assert thread not in [found["thread_id"] for found in bob.threads.search()]
        reads = (bob.threads.get, bob.threads.get_state, bob.threads.get_history, bob.runs.list, bob.threads.delete)
        for reach in reads:
            with pytest.raises(NotFoundError):
                reach(thread)
        with pytest.raises(NotFoundError):
            bob.runs.create(thread, "hugginggpt", input={"messages": []})
        assert ann.threads.get(thread)["metadata"]["owner"] == "ann"


def test_nobody_can_claim_to_be_another(guarded: Guarded) -> None:
    with get_sync_client(url=guarded.server.url, api_key=guarded.bob) as bob:
        thread = bob.threads.create(metadata={"owner": "ann"})
    assert thread["metadata"]["owner"] == "bob"


def test_everyone_sees_the_server_s_assistants_and_nobody_changes_them(guarded: Guarded) -> None:
    with guarded.client(guarded.bob) as bob:
        (found,) = bob.post("/assistants/search", json={}).json()
        assert found["name"] == "hugginggpt"
        path = f"/assistants/{found['assistant_id']}"
        assert bob.delete(path).status_code == 404
        assert bob.patch(path, json={"context": {"llm": "offline"}}).status_code == 404
        assert bob.get(path).json()["context"] == {}


def test_an_assistant_that_asks_for_approval_is_its_owner_s_alone(guarded: Guarded) -> None:
    with guarded.client(guarded.ann) as ann, guarded.client(guarded.bob) as bob:
        asks = {"graph_id": "hugginggpt", "context": {"approve_plan": True}, "metadata": {"created_by": "system"}}
        mine = ann.post("/assistants", json=asks).json()["assistant_id"]
        misspelt = ann.post("/assistants", json={"graph_id": "hugginggpt", "context": {"aprove_plan": True}})
        assert (misspelt.status_code, "approve_plan" in misspelt.text) == (422, True)
        run = {"assistant_id": mine, "input": {"messages": [{"role": "user", "content": "Is 'so glad' positive?"}]}}
        assert ann.post("/runs/wait", json=run).json()["results"][0]["status"] == "cancelled"  # nobody to be asked
        assert mine not in {each["assistant_id"] for each in bob.post("/assistants/search", json={}).json()}
        assert bob.get(f"/assistants/{mine}").status_code == 404
        assert bob.post("/runs/wait", json=run).status_code == 404
        assert bob.delete(f"/assistants/{mine}").status_code == 404
        assert ann.delete(f"/assistants/{mine}").status_code in {200, 204}


def test_stored_items_belong_to_their_owner(guarded: Guarded) -> None:
    with guarded.client(guarded.ann) as ann, guarded.client(guarded.bob) as bob:
        assert ann.put("/store/items", json={"namespace": ["n"], "key": "k", "value": {"a": 1}}).status_code == 204
        assert ann.get("/store/items", params={"namespace": "n", "key": "k"}).json()["value"] == {"a": 1}
        assert bob.get("/store/items", params={"namespace": "n", "key": "k"}).json() is None
        (found,) = ann.post("/store/items/search", json={"namespace_prefix": ["n"]}).json()["items"]
        again = {"namespace": ".".join(found["namespace"]), "key": "k"}
        assert ann.get("/store/items", params=again).json()["value"] == {"a": 1}


def test_a_foreign_page_or_host_name_is_refused(dev: Server) -> None:
    assert httpx.get(dev.url + "/info", headers={"Host": "evil.example"}).status_code == 401
    assert httpx.get(dev.url + "/info", headers={"Origin": "https://evil.example"}).status_code == 403
    allowed = httpx.get(dev.url + "/info", headers={"Origin": "https://smith.langchain.com"})
    assert allowed.headers["access-control-allow-origin"] == "https://smith.langchain.com"


def test_a_large_body_is_refused_whether_or_not_it_says_how_large(tmp_path: Path) -> None:
    server = start_dev(tmp_path, HUGGINGGPT_MAX_JSON="1000")
    try:
        for content in (b"x" * 1001, (b"x" * 100 for _ in range(11))):
            reply = httpx.post(server.url + "/threads", content=content)
            assert reply.status_code == 413, reply.text
            assert "1000 bytes" in reply.json()["detail"]
    finally:
        server.stop()


def test_a_server_without_keys_does_not_start_on_an_open_address(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="HUGGINGGPT_KEYS"):
        start_dev(tmp_path, "--host", "0.0.0.0")  # noqa: S104 - what must be refused
