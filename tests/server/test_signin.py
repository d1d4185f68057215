"""A browser signs in on a page; a program is told so in JSON; neither ever meets a browser's own dialog."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.audit import flush
from app.server import keys
from tests.server.inside import as_owner, new_key, serving

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[tuple[TestClient, str, Path]]:
    key, file = new_key(tmp_path, "ann"), tmp_path / "keys.json"
    with serving(tmp_path, keys=file, audit_log=tmp_path / "audit.jsonl") as client:
        client.follow_redirects = False
        yield client, key, file


def signed_in(client: TestClient, key: str, onward: str = "/app/") -> str:
    """The cookie of a browser that has signed in."""
    reply = client.post("/signin", data={"key": key, "next": onward})
    assert reply.status_code == 303, reply.text
    cookie = reply.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    client.cookies.clear()
    return cookie.partition(";")[0]


def test_a_browser_without_a_key_gets_the_page_and_a_program_a_sentence(door: tuple[TestClient, str, Path]) -> None:
    client, _, _ = door
    for path in ("/app/", "/docs", "/artifacts/x.png", "/v1/models"):
        shown = client.get(path, headers=BROWSER)
        assert (shown.status_code, shown.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert f'name="next" value="{path}"' in shown.text
        told = client.get(path)
        assert (told.status_code, told.headers["content-type"]) == (401, "application/json")
        assert [each.headers["www-authenticate"] for each in (shown, told)] == ['Bearer realm="hugginggpt"'] * 2
    assert client.post("/tasks", headers=BROWSER, json={}).headers["content-type"] == "application/json"


def test_the_cookie_opens_what_the_key_opens_and_holds_no_key(door: tuple[TestClient, str, Path]) -> None:
    client, key, _ = door
    cookie = signed_in(client, key)
    assert key not in cookie
    assert client.get("/v1/models", headers={"Cookie": cookie}).status_code == 200
    (sent,) = client.post("/uploads", files={"file": ("a.txt", b"words")}, headers={"Cookie": cookie}).json()
    assert "/ann/uploads/" in sent["resource"]
    assert client.post("/signout", headers={"Cookie": cookie}).headers["set-cookie"].startswith('hugginggpt="";')


def test_a_forged_or_old_cookie_and_one_of_a_key_that_is_gone_open_nothing(
    door: tuple[TestClient, str, Path], tmp_path: Path
) -> None:
    client, key, file = door
    other = new_key(tmp_path, "bob")
    cookie = signed_in(client, key)
    digest, until, seal = cookie.partition("=")[2].split(".")
    theirs = keys.Keys(file).session(other, 1).partition(".")[0]
    old = keys.Keys(file).session(key, -1)
    forged = [f"{theirs}.{until}.{seal}", f"{digest}.{int(until) + 1}.{seal}", f"{digest}.{until}.", old, "x", ".."]
    for token in forged:
        assert client.get("/v1/models", headers={"Cookie": f"hugginggpt={token}"}).status_code == 401, token
    assert client.get("/v1/models", headers={"Cookie": cookie}).status_code == 200
    keys.revoke(file, "ann")
    guard_keys(client).refresh()
    assert client.get("/v1/models", headers={"Cookie": cookie}).status_code == 401


def guard_keys(client: TestClient) -> keys.Keys:
    (guard,) = [each for each in client.app.user_middleware if "keys" in each.kwargs]  # type: ignore[attr-defined]  # FastAPI's
    held = guard.kwargs["keys"]
    assert isinstance(held, keys.Keys)
    return held


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""])
def test_it_leads_on_to_no_other_place(door: tuple[TestClient, str, Path], onward: str) -> None:
    client, key, _ = door
    reply = client.post("/signin", data={"key": key, "next": onward})
    assert (reply.status_code, reply.headers.get("location")) == (303, "/app/"), reply.text


def test_a_wrong_key_gets_the_page_again_and_is_noted(door: tuple[TestClient, str, Path], tmp_path: Path) -> None:
    client, key, _ = door
    reply = client.post("/signin", data={"key": key[:-1], "next": '"><script>alert(1)</script>'})
    assert reply.status_code == 401
    assert "That key is not valid here." in reply.text
    assert "<script>" not in reply.text
    assert "set-cookie" not in reply.headers
    signed_in(client, key)
    flush()
    noted = (tmp_path / "audit.jsonl").read_text()
    assert re.findall(r'"action": "(sign-in[^"]*)", "owner": "(\w*)"', noted) == [
        ("sign-in refused", ""),
        ("sign-in", "ann"),
    ]
    assert key[:-1] not in noted


def test_another_site_s_page_cannot_sign_anybody_in_or_use_the_cookie(door: tuple[TestClient, str, Path]) -> None:
    client, key, _ = door
    cookie, foreign = signed_in(client, key), {"Origin": "https://evil.example"}
    assert client.post("/signin", data={"key": key}, headers=foreign).status_code == 403
    assert client.post("/tasks", json={}, headers={**foreign, "Cookie": cookie}).status_code == 403


def test_without_keys_there_is_no_door(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        assert client.get("/signin").status_code == 404
        assert as_owner(client, "any").get("/v1/models").status_code == 200
