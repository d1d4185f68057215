"""What is kept is its owner's to list, to take along and to delete, and what is deleted is nowhere any more."""

import io
import json
import os
import time
import zipfile
from pathlib import Path

import fsspec
import pytest
from starlette.testclient import TestClient

from app.audit import flush
from app.checkpoints import memory
from app.data.copies import new_folder
from app.data.everything import Everything
from app.data.item import Choice
from app.owner import Owner
from app.page.conversations import Conversations
from app.server.retention import sweep
from graph import build
from graph.context import Context
from tests.server.inside import as_owner, new_key, serving
from tests.support import EXAMPLES
from tests.support.storage import bucket
from tools.settings import override

NOTICE = (EXAMPLES / "notice.png").read_bytes()
WORDS = "xyzzy-tonight"
ASK = {"messages": [{"role": "user", "content": f"Is the tone of '{WORDS} is great' positive?"}]}
BROWSER, OTHER = "a" * 32, "b" * 32


def holding(folder: Path, secret: bytes) -> list[Path]:
    """The files below the folder that hold these bytes."""
    return [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


def aged(folder: Path, days: float) -> None:
    then = time.time() - days * 86400
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def given(client: TestClient, content: bytes = NOTICE) -> str:
    (kept,) = client.post("/uploads", files={"file": ("notice.png", content)}).json()
    return str(kept["resource"])


def names(client: TestClient, **query: object) -> list[str]:
    reply = client.get("/data", params=query)  # type: ignore[arg-type]  # numbers, too
    assert reply.status_code == 200, reply.text
    return [item["name"] for item in reply.json()["items"]]


async def said(folder: Path, owner: str, thread: str, words: str = WORDS) -> None:
    """Let an owner have a conversation on the page, with a file made in it."""
    override(out=folder / "outputs", cache_folder=folder / "cache", llm="offline")
    async with memory() as kept:
        conversations = Conversations(kept)
        await conversations.name(owner, thread, words)
        config = conversations.config(owner, thread, Context())
        request = {"messages": [("user", f"Show me the edges of this picture: {words}")]}
        picture = await Owner(owner).do(_picture())
        await conversations.graph.ainvoke({**request, "resources": [picture]}, config, context=Context())  # type: ignore[arg-type]  # as JSON


async def _picture() -> str:
    from app.uploads import keep

    return await keep("notice.png", NOTICE)


def test_everyone_lists_exports_and_deletes_their_own_alone(tmp_path: Path) -> None:
    keys = [new_key(tmp_path, name) for name in ("ann", "bob")]
    with serving(tmp_path, keys=tmp_path / "keys.json", audit_log=tmp_path / "audit.jsonl") as client:
        ann, bob = (as_owner(client, key) for key in keys)
        upload, other = given(ann), given(bob)
        assert ann.post("/hugginggpt", json=ASK).status_code == 200
        assert names(bob) == [str(Path(other).relative_to(tmp_path / "outputs/bob"))]
        kinds = ann.get("/data").json()["kinds"]
        assert {kind: much["number"] for kind, much in kinds.items()} == {"file": 1, "reused": 1}
        assert kinds["file"]["bytes"] == len(NOTICE)
        exported = zipfile.ZipFile(io.BytesIO(ann.get("/data/export").content))
        assert exported.testzip() is None
        assert exported.read(f"files/{Path(upload).relative_to(tmp_path / 'outputs')}") == NOTICE
        assert {item["owner"] for item in json.loads(exported.read("index.json"))} == {"ann"}
        deleted = ann.delete("/data").json()
        assert deleted == {"deleted": kinds, "busy": []}
        assert names(ann) == []
        assert len(names(bob)) == 1
        assert client.get("/data").status_code == client.delete("/data").status_code == 401
    assert not Path(upload).exists()
    assert Path(other).exists()
    flush()
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(line["action"], line["owner"]) for line in lines if line["action"] in {"export", "delete"}] == [
        ("export", "ann"),
        ("delete", "ann"),
    ]


def test_what_is_deleted_is_chosen_by_age_size_and_kind(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        old = given(client)
        aged(tmp_path / "outputs", days=3)
        new = given(client, NOTICE + b"\0" * 10_000)
        assert [name.split("/")[1] for name in names(client)] == [Path(old).parent.name, Path(new).parent.name]
        assert len(names(client, older=2)) == len(names(client, larger=len(NOTICE))) == 1
        assert names(client, kind="conversation") == []
        client.delete("/data", params={"older": 2, "larger": len(NOTICE)})  # no file is both
        assert len(names(client)) == 2
        client.delete("/data", params={"older": 2})
        assert (Path(old).exists(), Path(new).exists()) == (False, True)
        for wrong in ({"older": -1}, {"older": "x"}, {"kind": "secret"}, {"owner": "bob"}, {"browser": "../bob"}):
            assert client.delete("/data", params=wrong).status_code == 422
        assert Path(new).exists()


async def test_a_deleted_conversation_is_in_no_file_any_more(tmp_path: Path) -> None:
    await said(tmp_path, f"local/{BROWSER}", "first")
    await said(tmp_path, f"local/{OTHER}", "second", "plugh-forever")
    assert holding(tmp_path, WORDS.encode())
    async with memory() as kept:
        everything = Everything(kept)
        mine = await everything.items(Choice(f"local/{BROWSER}"))
        assert {item.kind for item in mine} == {"conversation", "file", "reused"}
        assert [item.name for item in mine if item.kind == "conversation"] == [f"local/{BROWSER}/first"]
        await everything.delete(Choice(f"local/{BROWSER}"))
        assert await everything.items(Choice(f"local/{BROWSER}")) == []
        assert holding(tmp_path, WORDS.encode()) == []
        assert holding(tmp_path, b"plugh-forever")
        made = [item.name for item in await everything.items(Choice("local")) if item.kind == "file"]
        assert any("edges" in name for name in made)
        exported = b"".join([piece async for piece in everything.exported(Choice("local"))])
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        told = json.loads(archive.read(f"conversations/local/{OTHER}/second.json"))
    assert "plugh-forever" in told["messages"][0]["content"]
    assert [result["status"] for result in told["results"]] == ["done"]


async def test_a_conversation_in_which_a_request_runs_stays(tmp_path: Path) -> None:
    await said(tmp_path, f"local/{BROWSER}", "first")
    async with memory() as kept:
        everything = Everything(kept)
        async with Conversations(kept).turn(f"local/{BROWSER}", "first"):
            deleted = await everything.delete(Choice("local"))
            assert [item.name for item in deleted.busy] == [f"local/{BROWSER}/first"]
        assert (await everything.delete(Choice("local"))).busy == []
        assert await everything.items(Choice("local")) == []


async def test_what_is_too_old_goes_by_itself_and_what_the_command_line_made_stays(tmp_path: Path) -> None:
    key = new_key(tmp_path, "ann")
    assert key
    override(keys=tmp_path / "keys.json")
    await said(tmp_path, f"ann/{BROWSER}", "first")
    async with memory() as kept:
        graph = build().compile(checkpointer=kept.saver)
        config = {"configurable": {"thread_id": "0123456789ab"}}
        await graph.ainvoke({"messages": [("user", "Hello")]}, config, context=Context())  # type: ignore[arg-type, call-overload]  # as JSON
        copy = tmp_path / "cache/page/killed/0f/notice.png"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(NOTICE)
        shown = new_folder() / "0f/notice.png"  # of a process that lives
        shown.parent.mkdir()
        shown.write_bytes(NOTICE)
        aged(tmp_path / "outputs", days=40)
        aged(tmp_path / "cache/page", days=2)
        everything = Everything(kept)
        await sweep(everything, keep=0)
        assert (copy.exists(), shown.exists()) == (False, True)
        assert "file" in {item.kind for item in await everything.items(Choice("ann"))}
        await sweep(everything, keep=30)
        left = {(item.kind, item.owner) for item in await everything.items(Choice())}
    assert ("file", f"ann/{BROWSER}") not in left  # forty days old
    assert ("conversation", f"ann/{BROWSER}") in left  # of today
    assert ("conversation", "") in left


async def test_of_the_own_machine_s_folder_only_what_this_program_made_is_touched(tmp_path: Path) -> None:
    override(out=tmp_path, cache_folder=tmp_path / "cache")
    (tmp_path / "letter.txt").write_text("mine")
    (tmp_path / "letter.json").write_text('{"mine": 1}')
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/me.png").write_bytes(NOTICE)
    async with memory() as kept:
        assert await Everything(kept).items(Choice()) == []
        assert (await Everything(kept).delete(Choice())).gone == []
    assert {path.name for path in tmp_path.rglob("*.*") if path.suffix != ".sqlite"} >= {"letter.json", "me.png"}


def test_the_page_s_own_copy_of_a_deleted_file_goes_with_it(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        given(client)
        copies = [tmp_path / "cache/page/1" / name / "notice.png" for name in ("mine", "other")]
        for copy, content in zip(copies, (NOTICE, NOTICE[:-1] + b"\0"), strict=True):
            copy.parent.mkdir(parents=True)
            copy.write_bytes(content)
        client.delete("/data")
    assert [copy.exists() for copy in copies] == [False, True]


def test_files_in_object_storage_are_listed_exported_and_deleted(tmp_path: Path) -> None:
    key = new_key(tmp_path, "ann")
    with (
        bucket("kept"),
        serving(tmp_path, out="s3://kept/results", keys=tmp_path / "keys.json") as client,
    ):
        ann = as_owner(client, key)
        upload = given(ann)
        assert ann.get(f"/artifacts/{upload.removeprefix('s3://kept/results/ann/')}").content == NOTICE
        (item,) = ann.get("/data").json()["items"]
        assert (item["bytes"], item["used"][:4] >= "2025") == (len(NOTICE), True)
        elsewhere = fsspec.filesystem("s3", skip_instance_cache=True)  # as another process writes
        elsewhere.pipe_file("kept/results/ann/uploads/0f/b.txt", b"words")
        assert len(names(ann)) == 2
        exported = zipfile.ZipFile(io.BytesIO(ann.get("/data/export").content))
        assert exported.read(upload.replace("s3://kept/results", "files")) == NOTICE
        ann.delete("/data")
        assert names(ann) == []
        assert ann.get(f"/artifacts/{upload.removeprefix('s3://kept/results/ann/')}").status_code == 404
        assert holding(tmp_path / "cache", NOTICE[:100]) == []


@pytest.mark.parametrize("name", ["conversations", "answers", "uploads", "local"])
def test_nobody_can_be_called_what_others_data_stands_under(tmp_path: Path, name: str) -> None:
    with pytest.raises(Exception, match="cannot own a key"):
        new_key(tmp_path, name)
