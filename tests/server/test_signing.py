"""Links in answers open without a key: the one file that they are for, for a while."""

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from app import signing
from app.server import keys
from app.server.guard import Guard
from app.signing import BadLink, opened, query, secret, signed, signed_stream
from tests.server.process import Guarded
from tests.support import ROOT
from tools.errors import ConfigError
from tools.settings import process_settings

NOTICE = (ROOT / "examples" / "notice.png").read_bytes()
KEY = b"k" * 32
LINK = "https://here.example/artifacts/a%20b.png"


@pytest.fixture
def guarding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The settings of a server with keys; their file."""
    monkeypatch.setenv("HUGGINGGPT_KEYS", str(tmp_path / "keys.json"))
    monkeypatch.setenv("HUGGINGGPT_PUBLIC_URL", "https://here.example/")
    process_settings.cache_clear()
    secret.cache_clear()
    yield tmp_path / "keys.json"
    process_settings.cache_clear()
    secret.cache_clear()


def parts(link: str) -> tuple[str, str]:
    path, _, added = link.partition("?")
    return path, added


def test_a_signed_link_opens_its_file_and_no_other(guarding: Path) -> None:
    path, added = parts(signed(LINK, "ann"))
    assert path == LINK
    assert opened("/artifacts/a b.png", added, secret(guarding)) == "ann"
    for other, changed in (
        ("/artifacts/c.png", added),
        ("/artifacts/a b.png", added.replace("ann", "bob")),
        ("/artifacts/a b.png", re.sub(r"until=\d", "until=9", added)),
        ("/artifacts/a b.png", added[:-1]),
    ):
        with pytest.raises(BadLink, match="not valid"):
            opened(other, changed, secret(guarding))


def test_a_link_expires() -> None:
    until = int(time.time()) - 1
    with pytest.raises(BadLink, match="has expired; ask for a new one"):
        opened("/artifacts/x", query("ann", "/artifacts/x", until, KEY), KEY)
    assert opened("/artifacts/x", query("ann", "/artifacts/x", until + 3600, KEY), KEY) == "ann"


def test_a_link_without_signature_opens_nothing_by_itself() -> None:
    assert opened("/artifacts/x", "", KEY) is None
    assert opened("/artifacts/x", "owner=ann&until=99999999999", KEY) is None


def test_only_our_own_links_are_signed_and_each_once(guarding: Path) -> None:
    text = f"See ![it]({LINK}), {LINK}. https://else.example/artifacts/a.png, https://here.example/other"
    once = signed(text, "ann")
    assert once.count("signature=") == 2
    assert re.sub(r"\?owner=[\w=&-]+", "", once) == text
    assert signed(once, "ann") == once


def test_without_keys_links_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_PUBLIC_URL", "https://here.example")
    process_settings.cache_clear()
    assert signed(LINK, "local") == LINK
    process_settings.cache_clear()


@pytest.mark.parametrize("size", [1, 2, 7, 50])
async def test_a_streamed_link_is_signed_wherever_it_is_cut(guarding: Path, size: int) -> None:
    text = f"Here it is: ![it]({LINK})\n\n- done at {LINK}"

    async def pieces() -> AsyncIterator[str]:
        for start in range(0, len(text), size):
            yield text[start : start + size]

    sent = [piece async for piece in signed_stream(pieces(), "ann")]
    assert re.sub(r"\?owner=[\w=&-]+", "", "".join(sent)) == text
    assert "".join(sent).count("signature=") == 2
    assert len(sent) > 3 or size == 50


def test_the_secret_is_kept_for_the_server_alone(guarding: Path) -> None:
    kept, file = secret(guarding), guarding.with_name("keys.secret")
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in guarding.parent.iterdir()] == [file.name]
    secret.cache_clear()
    assert secret(guarding) == kept
    secret.cache_clear()
    file.write_bytes(b"")
    with pytest.raises(ConfigError, match="damaged; delete it"):
        secret(guarding)


def test_where_nothing_can_be_kept_a_secret_lasts_as_long_as_the_process() -> None:
    assert len(signing.secret(Path("/nowhere/keys.json"))) == 32


async def test_a_signature_is_gone_before_anyone_logs_the_request(tmp_path: Path) -> None:
    keys.add(tmp_path / "keys.json", "ann")
    known, seen = keys.load(tmp_path / "keys.json"), list[str]()

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["user"].display_name)

    async def never(*_: object) -> Message:
        raise AssertionError("Nothing is read, and nothing refused.")

    added = query("ann", "/artifacts/x", int(time.time()) + 60, known.secrets.all[0]).encode()
    scope = {"type": "http", "method": "GET", "path": "/artifacts/x", "headers": [], "query_string": added}
    await Guard(app, keys=known, origins=[])(scope, never, never)
    assert seen == ["ann"]
    assert scope["query_string"] == b""  # a server's log of requests reads this same mapping


def test_a_revoked_link_opens_nothing_and_others_go_on(guarding: Path) -> None:
    secrets = signing.Secrets(guarding)
    now = int(time.time())
    first, second = (query("ann", "/artifacts/x", now + hours * 3600, secrets.all[0]) for hours in (1, 2))
    assert secrets.owner("/artifacts/x", first) == "ann"
    signing.revoke(guarding, f"https://here.example/artifacts/x?{first}")
    secrets.refresh()
    with pytest.raises(BadLink, match="revoked"):
        secrets.owner("/artifacts/x", first)
    assert secrets.owner("/artifacts/x", second) == "ann"
    with pytest.raises(ConfigError, match="no signed link"):
        signing.revoke(guarding, "https://here.example/artifacts/x")


def test_a_new_secret_signs_and_the_old_one_still_opens(guarding: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_LINK_SECRETS", '["old and long enough"]')
    process_settings.cache_clear()
    old = parts(signed(LINK, "ann"))[1]
    monkeypatch.setenv("HUGGINGGPT_LINK_SECRETS", '["new and long enough", "old and long enough"]')
    process_settings.cache_clear()
    new = parts(signed(LINK, "ann"))[1]
    assert old != new
    secrets = signing.Secrets(guarding)
    assert [secrets.owner("/artifacts/a b.png", each) for each in (old, new)] == ["ann", "ann"]
    monkeypatch.setenv("HUGGINGGPT_LINK_SECRETS", '["new and long enough"]')
    process_settings.cache_clear()
    with pytest.raises(BadLink, match="not valid"):
        secrets.owner("/artifacts/a b.png", old)


def picture_in(answer: str) -> str:
    found = re.search(r"!\[[^\]]*\]\((\S+)\)", answer)
    assert found, answer
    return found[1]


@pytest.fixture(scope="module")
def asked(guarded: Guarded) -> dict[str, object]:
    with guarded.client(guarded.ann) as ann:
        saved = ann.post("/uploads", files={"file": ("notice.png", NOTICE)}).json()[0]
    return {
        "model": "hugginggpt",
        "messages": [{"role": "user", "content": f"Show me the outlines of {saved['resource']}."}],
    }


def test_a_chat_client_without_a_key_shows_the_picture_of_an_answer(guarded: Guarded, asked: dict[str, object]) -> None:
    with guarded.client(guarded.ann) as ann:
        said = ann.post("/v1/chat/completions", json=asked).json()["choices"][0]["message"]["content"]
    link = picture_in(said)
    whole = httpx.get(link)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/png")
    part = httpx.get(link, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, whole.content[1:4])
    assert httpx.get(link.partition("?")[0]).status_code == 401
    with guarded.client(guarded.bob) as bob:
        assert bob.get(link).content == whole.content


def test_a_streamed_answer_has_signed_links_too(guarded: Guarded, asked: dict[str, object]) -> None:
    with guarded.client(guarded.ann) as ann:
        lines = ann.post("/v1/chat/completions", json={**asked, "stream": True}).text.splitlines()
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
    said = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert httpx.get(picture_in(said)).status_code == 200


def test_a_link_that_comes_back_in_the_conversation_is_the_file(guarded: Guarded, asked: dict[str, object]) -> None:
    with guarded.client(guarded.ann) as ann:
        said = ann.post("/v1/chat/completions", json=asked).json()["choices"][0]["message"]["content"]
        again = f"Show me the outlines of {picture_in(said)}"
        reply = ann.post("/hugginggpt", json={"messages": [{"role": "user", "content": again}]}).json()["message"]
    assert httpx.get(picture_in(reply)).status_code == 200


def test_a_signature_opens_one_file_for_reading_and_nothing_else(guarded: Guarded) -> None:
    with guarded.client(guarded.ann) as ann:
        urls = [ann.post("/uploads", files={"file": (n, b"words")}).json()[0]["url"] for n in ("a.txt", "b.txt")]
    (first, signature), (second, _) = map(parts, urls)
    assert httpx.get(f"{first}?{signature}").content == b"words"
    refused = httpx.get(f"{second}?{signature}")
    assert (refused.status_code, "not valid" in refused.json()["detail"]) == (403, True)
    for method, path in (("POST", "/uploads"), ("GET", "/v1/models"), ("POST", "/hugginggpt")):
        assert httpx.request(method, f"{guarded.server.url}{path}?{signature}").status_code == 401


def test_an_expired_link_and_one_of_an_owner_without_keys_are_refused(guarded: Guarded) -> None:
    key = (guarded.server.folder / "keys.secret").read_bytes()
    base = f"{guarded.server.url}/artifacts/x.png"
    for owner, until, reason in (("ann", 1, "has expired"), ("eve", 2**40, "holds no key any more")):
        reply = httpx.get(f"{base}?{query(owner, '/artifacts/x.png', until, key)}")
        assert (reply.status_code, reason in reply.json()["detail"]) == (403, True)
    assert httpx.get(f"{base}?{urlencode({'owner': 'ann', 'signature': 'x', 'until': 'soon'})}").status_code == 403
