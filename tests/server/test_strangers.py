"""Raw requests of strangers: what is too large, too deep or no JSON at all, and what is not theirs to choose."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from prometheus_client.parser import text_string_to_metric_families
from starlette.authentication import SimpleUser
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app.audit import flush
from app.owner import Owner
from app.quotas import OverQuota, Quotas
from app.server.quota import Quota
from app.signing import query
from app.signing import secret as link_secret
from graph import graph
from graph.context import Context
from tests.server.inside import ADDRESS, as_owner, new_key, serving
from tests.support.openai_server import openai_server
from tools.errors import ConfigError
from tools.settings import override

JSON = {"Content-Type": "application/json"}
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serving(tmp_path_factory.mktemp("strangers"), max_json=1_000_000) as opened:
        yield opened


RUNS = "/threads/a0a0a0a0-0000-4000-8000-000000000000/runs"  # of whichever server these routes are mounted in
ROUTES = [
    "/v1/chat/completions",
    "/v1/responses",
    "/hugginggpt",
    "/feedback",
    "/mcp",
    f"{RUNS}/wait",
]
NESTED = b'{"messages": ' + b"[" * 2000 + b"]" * 2000 + b"}"
BODIES = {
    "nested too deeply": (NESTED, 422),
    "too many values": (b'{"messages": [' + b"0," * 200_000 + b"0]}", 422),
    "too large": (b'{"messages": "' + b"x" * 1_000_000 + b'"}', 413),
    "a number beyond 64 bits": (b'{"messages": [], "n": 18446744073709551616}', 422),
    "not a number": (b'{"messages": [], "n": NaN}', 422),
    "infinity by exponent": (b'{"messages": [], "n": 1e999}', 422),
    "half a surrogate pair": (rb'{"messages": [{"role": "user", "content": "\ud800"}]}', 422),
    "no UTF-8": (b'{"messages": "\xff"}', 422),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_no_route_should_parse_is_refused_in_a_sentence(client: TestClient, route: str, kind: str) -> None:
    body, status = BODIES[kind]
    reply = client.post(route, content=body, headers=JSON)
    assert reply.status_code == status
    told = reply.json()["error"]["message"] if route.startswith("/v1/") else reply.json()["detail"]
    assert told.endswith(".")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", ""])
def test_no_content_type_gets_around_the_limits(client: TestClient, kind: str) -> None:
    reply = client.post(f"{RUNS}/wait", content=NESTED, headers={"Content-Type": kind})
    assert reply.status_code == 422


def test_a_chunked_body_is_counted_as_it_comes(client: TestClient) -> None:
    pieces = (b"x" * 10_000 for _ in range(1000))
    assert client.post("/hugginggpt", content=pieces, headers=JSON).status_code == 413


def test_what_is_within_the_limits_arrives_as_it_was_sent(client: TestClient) -> None:
    text = 'nested "[{" in words, NaN, 18446744073709551616, \\ud800 and \U0001f600 are words'
    body = {"messages": [{"role": "user", "content": f"Is the tone of '{text}' positive?"}]}
    (task,) = client.post("/tasks", json=body).json()
    assert text in task["args"]["text"]


WRONG: list[dict[str, Any]] = [
    {"input": {}},
    {"input": 5},
    {"input": {"messages": 5}},
    {"input": {"messages": [5]}},
    {"input": {"messages": [{"role": "wizard", "content": "x"}]}},
    {"input": {"messages": [{"role": "user"}]}},
    {"input": {**HELLO, "resources": [{}]}},
    {"input": {**HELLO, "resources": [["x"]]}},
    {"input": {**HELLO, "resources": "x"}},
    {"input": HELLO, "context": {"aprove_plan": True}},
    {"input": HELLO, "context": {"mode": "warp"}},
    {"input": HELLO, "context": 5},
]


@pytest.mark.parametrize("body", WRONG, ids=json.dumps)
def test_a_run_that_cannot_be_is_the_client_s_error(client: TestClient, body: dict[str, Any]) -> None:
    for route in (RUNS, f"{RUNS}/wait", f"{RUNS}/stream", "/runs/wait", "/runs/stream"):
        reply = client.post(route, json=body)
        assert reply.status_code == 422, reply.text
        assert reply.json()["detail"].endswith(".")
    assert client.post("/runs/batch", json=[body]).status_code == 422


ODD: dict[str, list[dict[str, Any]]] = {
    "/v1/responses": [
        {"model": "hugginggpt", "input": [{"role": {}, "content": "x"}]},
        {"model": "hugginggpt", "input": [{"role": "user", "content": 7}]},
        {"model": "hugginggpt", "input": "x", "text": {"format": {"type": "json_schema", "schema": [1]}}},
        {"model": "hugginggpt", "input": "x", "text": {"format": {"type": {}}}},
    ],
    "/v1/chat/completions": [
        {"model": "hugginggpt", **HELLO, "response_format": {"type": "json_schema", "json_schema": {"schema": [1]}}},
        {"model": "hugginggpt", **HELLO, "response_format": {"type": "json_schema", "json_schema": {"name": {}}}},
    ],
}


@pytest.mark.parametrize(("route", "body"), [(route, body) for route, bodies in ODD.items() for body in bodies])
def test_what_has_not_the_form_of_openai_s_is_the_client_s_error(
    client: TestClient, route: str, body: dict[str, Any]
) -> None:
    reply = client.post(route, json=body)
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["message"]


def test_a_misspelt_option_is_told_with_the_right_ones(client: TestClient) -> None:
    reply = client.post(f"{RUNS}/wait", json={"input": HELLO, "context": {"aprove_plan": True}})
    assert "approve_plan" in reply.json()["detail"]


def test_a_long_file_name_is_cut_and_a_null_byte_dropped(client: TestClient) -> None:
    for name in ("é" * 300 + ".txt", "a\0b.txt", "x." + "y" * 300, "." * 200, "/" * 100):
        reply = client.post("/uploads", files={"file": (name, b"words")})
        assert reply.status_code in {200, 400}, (name, reply.text)


# Controllers


@pytest.mark.parametrize("llm", ["openai:gpt-5", "huggingface:someone/model", "router:x/y", "nobody:model"])
async def test_a_client_chooses_no_controller_that_the_owner_did_not_offer(
    monkeypatch: pytest.MonkeyPatch, llm: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-owner")
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_owner")
    override(llm="offline")
    with pytest.raises(ConfigError, match=r"is not offered here\. Choose auto, offline"):
        await graph.ainvoke(HELLO, Owner("ann").config("test"), context=Context(llm=llm))  # type: ignore[call-overload]


async def test_the_owner_s_list_opens_further_controllers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-owner")
    with openai_server(json.dumps({"reply": "Hello from the model."})) as model:
        override(llm="offline", controllers=["openai:small"], base_url=model.url, out=tmp_path)
        config, context = Owner("ann").config("test"), Context(llm="openai:small")
        said = await graph.ainvoke(HELLO, config, context=context)  # type: ignore[call-overload]
    assert "Hello from the model." in said["messages"][-1].text


# Signed links


def test_signatures_that_come_back_go_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-owner")
    key, file = new_key(tmp_path, "ann"), tmp_path / "keys.json"
    with (
        openai_server(json.dumps({"reply": "No."})) as model,
        serving(tmp_path, keys=file, llm="openai:small", base_url=model.url) as client,
    ):
        signature = query("ann", "/artifacts/a b.png", 2**40, link_secret(file))
        link = f"{ADDRESS}/artifacts/a%20b.png?{signature}"
        history = [{"role": "user", "content": "Draw it."}, {"role": "assistant", "content": f"![It]({link})"}]
        body = json.dumps({"model": "hugginggpt", "messages": [*history, *HELLO["messages"]]})
        for spelt in (body, body.replace("&", r"\u0026"), body.replace("/", r"\/"), body.replace("&", "&amp;")):
            model.answers.append(json.dumps({"reply": "No."}))
            said = as_owner(client, key).post("/v1/chat/completions", content=spelt, headers=JSON)
            assert said.status_code == 200, said.text
    sent = json.dumps(model.asked)
    assert "a%20b.png" in sent
    assert "signature" not in sent


# Proxies, quotas, and what is noted


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_without_keys_nothing_gets_in_through_a_proxy_on_this_machine(client: TestClient, header: str) -> None:
    assert client.get("/v1/models", headers={header: "127.0.0.1"}).status_code == 401
    assert client.get("/v1/models").status_code == 200


async def test_one_owner_s_requests_do_not_take_the_whole_server() -> None:
    """Of three at once the third is refused for now, and another owner's is not."""
    open_, began = asyncio.Event(), asyncio.Semaphore(0)

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        began.release()
        await open_.wait()

    quota, refused = Quota(app, quotas=Quotas(at_once=2)), list[Message]()

    async def ask(owner: str) -> None:
        scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "user": SimpleUser(owner)}
        await quota(scope, never, told)

    async def told(message: Message) -> None:
        refused.append(message)

    async def never() -> Message:
        raise AssertionError("Nothing is read.")

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for owner in ("ann", "ann", "bob"):
            group.create_task(ask(owner))
            await began.acquire()
        await ask("ann")
        open_.set()
    assert (refused[0]["status"], (b"retry-after", b"5") in refused[0]["headers"]) == (429, True)
    await ask("ann")  # there is room again
    assert len(refused) == 2  # the start and the body of the one refusal


def test_a_full_server_refuses_whoever_has_more_than_their_share() -> None:
    quotas = Quotas(most=4)
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(quotas.request("greedy"))
        with pytest.raises(OverQuota, match=r"too many requests at present; try again in 5 s\.") as refused:
            held.enter_context(quotas.request("greedy"))
        assert (refused.value.status, refused.value.retry_after) == (503, 5)
        for _ in range(2):
            held.enter_context(quotas.request("polite"))
        with pytest.raises(OverQuota):
            held.enter_context(quotas.request("polite"))
    with quotas.request("greedy"):
        pass


WORKING = ["/v1/chat/completions", "/v1/responses", "/hugginggpt", "/tasks", "/results", "/mcp", "/uploads", RUNS]


def over(reply: Response, path: str) -> tuple[int, str]:
    """The seconds and the sentence of a refusal, in the form of that route's clients."""
    assert reply.status_code == 429, (path, reply.text)
    told = reply.json()
    if path.startswith("/v1/"):
        assert (told["error"]["type"], told["error"]["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    return int(reply.headers["retry-after"]), told["error"]["message"] if path.startswith("/v1/") else told["detail"]


def test_whoever_keeps_too_much_is_told_so_everywhere_until_they_delete_some(tmp_path: Path) -> None:
    keys = [new_key(tmp_path, name) for name in ("ann", "bob")]
    with serving(tmp_path, keys=tmp_path / "keys.json", max_kept=1000) as client:
        ann, bob = (as_owner(client, key) for key in keys)
        assert ann.post("/uploads", files={"file": ("a.txt", b"x" * 1001)}).status_code == 200
        for path in WORKING:
            seconds, told = over(ann.post(path, json=HELLO), path)
            assert (seconds, told.startswith("Your files take up the 1000 bytes that they may")) == (3600, True)
        assert bob.post("/tasks", json=HELLO).status_code == 200
        assert ann.get("/v1/models").status_code == 200
        assert ann.delete("/data").status_code == 200
        assert ann.post("/tasks", json=HELLO).status_code == 200


def test_bytes_a_day_are_counted_both_ways_and_end_with_the_day(tmp_path: Path) -> None:
    key = new_key(tmp_path, "ann")
    with serving(tmp_path, keys=tmp_path / "keys.json", max_daily=100_000) as client:
        ann = as_owner(client, key)
        link = ann.post("/uploads", files={"file": ("a.txt", b"x" * 45_000)}).json()[0]["url"].removeprefix(ADDRESS)
        assert ann.get(link).status_code == 200
        assert ann.get(link.partition("?")[0]).status_code == 200
        for path in WORKING:
            seconds, told = over(ann.post(path, json=HELLO), path)
            assert (0 < seconds <= 86_400, "today" in told) == (True, True)
        over(ann.get(link), link)
        assert ann.get("/data").status_code == ann.delete("/data").status_code == 200


def test_on_the_own_machine_nothing_is_counted(tmp_path: Path) -> None:
    with serving(tmp_path, max_kept=1, max_daily=1, at_once=1) as client:
        for _ in range(3):
            assert client.post("/uploads", files={"file": ("a.txt", b"x" * 1001)}).status_code == 200


def test_who_asked_for_what_is_noted_and_never_what_was_said(tmp_path: Path) -> None:
    key = new_key(tmp_path, "ann")
    with serving(tmp_path, keys=tmp_path / "keys.json", access_log=tmp_path / "logs/access.jsonl") as client:
        ann = as_owner(client, key)
        body = {"messages": [{"role": "user", "content": "Is the tone of 'a secret' positive?"}]}
        assert [ann.post("/tasks", json=body).status_code, client.get("/v1/models?x=secret").status_code] == [200, 401]
        ann.post("/hugginggpt", json=body)
        counted = ann.get("/metrics").text
        assert client.get("/metrics").status_code == 401
    noted = (tmp_path / "logs/access.jsonl").read_text()
    lines = [json.loads(line) for line in noted.splitlines()]
    assert [(line["owner"], line["path"], line["status"]) for line in lines[:2]] == [
        ("ann", "/tasks", 200),
        (None, "/v1/models", 401),
    ]
    assert "secret" not in noted
    assert key not in noted
    assert 'hugginggpt_requests_total{method="POST",route="/tasks",status="200"} 1.0' in counted
    assert 'hugginggpt_requests_total{method="GET",route="/v1",status="401"} 1.0' in counted
    measures = {family.name: family for family in text_string_to_metric_families(counted)}
    ended = {(s.labels["task"], s.labels["end"]): s.value for s in measures["hugginggpt_tasks"].samples}
    assert ended["text-classification", "finished"] >= 1
    assert measures["hugginggpt_tasks_waiting"].samples[0].value == 0
    assert measures["process_resident_memory_bytes"].samples[0].value > 10_000_000
    assert {"hugginggpt_task_seconds", "hugginggpt_tasks_running", "hugginggpt_model_bytes"} <= measures.keys()


def test_who_did_what_is_in_the_audit_log_and_never_what_was_said(tmp_path: Path) -> None:
    key, file = new_key(tmp_path, "ann"), tmp_path / "logs/audit.jsonl"
    with serving(tmp_path, keys=tmp_path / "keys.json", audit_log=file, at_once=1) as client:
        ann = as_owner(client, key)
        ann.post("/uploads", files={"file": ("a secret.txt", b"a secret")})
        ann.post("/tasks", json={"messages": [{"role": "user", "content": "Is the tone of 'a secret' positive?"}]})
        client.post("/tasks", json=HELLO)
        ann.delete("/data")
    flush()
    noted = file.read_text()
    told = [json.loads(line) for line in noted.splitlines()]
    assert [(each["action"], each["owner"]) for each in told] == [
        *(("upload", "ann"), ("run", "ann"), ("refused", ""), ("delete", "ann"))
    ]
    assert told[2]["status"] == 401
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secret" not in noted
    assert key not in noted


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with serving(tmp_path, audit_log=tmp_path / "file/audit.jsonl") as client:
        assert client.post("/uploads", files={"file": ("a.txt", b"words")}).status_code == 200
    flush()
