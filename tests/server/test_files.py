"""Uploads and artifacts: right types, ranges, and nobody else's."""

import random
from contextlib import suppress
from pathlib import Path

import av
import httpx
import pytest
import soundfile
from PIL import Image

from benchmarks.fuzz import mutation, seeds
from tests.server.process import Guarded, Server
from tests.support import ROOT
from tools.files.resources import modality

NOTICE = (ROOT / "examples" / "notice.png").read_bytes()


def upload(client: httpx.Client, name: str, content: bytes) -> httpx.Response:
    return client.post("/uploads", files={"file": (name, content)})


def test_an_upload_can_be_fetched_again_with_its_type(dev: Server) -> None:
    with httpx.Client(base_url=dev.url) as client:
        saved = upload(client, "notice.png", NOTICE).json()[0]
        fetched = client.get(saved["url"])
    assert fetched.content == NOTICE
    assert fetched.headers["content-type"] == "image/png"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert (dev.folder / saved["resource"]).read_bytes() == NOTICE


def test_an_artifact_is_served_in_ranges(dev: Server) -> None:
    with httpx.Client(base_url=dev.url) as client:
        url = upload(client, "notice.png", NOTICE).json()[0]["url"]
        part = client.get(url, headers={"Range": "bytes=1-3"})
        beyond = client.get(url, headers={"Range": f"bytes={len(NOTICE)}-"})
    assert (part.status_code, part.content) == (206, NOTICE[1:4])
    assert beyond.status_code == 416


def test_several_files_of_one_name_do_not_collide(dev: Server) -> None:
    parts = [("file", ("a.txt", b"one")), ("file", ("a.txt", b"two"))]
    saved = httpx.post(dev.url + "/uploads", files=parts).json()
    assert [httpx.get(each["url"]).content for each in saved] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.png", b"not a picture", "a.png"),
        ("a.png", b"", "empty"),
        ("a.exe", b"MZ\x90\x00", "a.exe"),
    ],
)
def test_an_upload_that_cannot_be_used_is_refused_and_not_kept(
    dev: Server, name: str, content: bytes, complaint: str
) -> None:
    before = set((dev.folder / "outputs").rglob("*.*"))
    with httpx.Client(base_url=dev.url) as client:
        reply = upload(client, name, content)
    assert reply.status_code == 400
    assert complaint in reply.json()["detail"]
    assert set((dev.folder / "outputs").rglob("*.*")) == before


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil.txt", "..\\..\\evil.txt", ".evil.txt", "a\x00b.txt"])
def test_the_name_of_an_upload_cannot_leave_its_folder(dev: Server, name: str) -> None:
    with httpx.Client(base_url=dev.url) as client:
        reply = upload(client, name, b"text")
    if reply.status_code == 200:
        path = Path(reply.json()[0]["resource"])
        assert path.is_relative_to("outputs/local/uploads")
        assert ".." not in path.parts
        assert not path.name.startswith(".")
    else:
        assert reply.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "none.png",
        "",
        "%2e%2e",
        "../keys.json",
        "%2e%2e/keys.json",
        "..%2fkeys.json",
        "%2e%2e%2f%2e%2e%2fetc/passwd",
        "//etc/passwd",
        "/etc/passwd",
        "uploads",
        ".hidden",
        "uploads/../../bob/x",
        "a%00b",
        "a" * 5000,
    ],
)
def test_tricks_in_a_path_find_nothing(guarded: Guarded, path: str) -> None:
    with guarded.client(guarded.ann) as ann:
        reply = ann.get(f"/artifacts/{path}")
    assert reply.status_code in {404, 400}, reply.text
    assert "owner" not in reply.text


def test_users_see_only_their_own_files(guarded: Guarded) -> None:
    with guarded.client(guarded.ann) as ann, guarded.client(guarded.bob) as bob:
        url = upload(ann, "notice.png", NOTICE).json()[0]["url"].partition("?")[0]
        assert ann.get(url).status_code == 200
        assert bob.get(url).status_code == 404
        assert bob.get(url.replace("/artifacts/", "/artifacts/../ann/")).status_code == 404
    assert httpx.get(url).status_code == 401


def test_a_page_among_the_files_is_saved_and_never_shown(dev: Server) -> None:
    folder = dev.folder / "outputs" / "local"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "page.html").write_text("<script>alert(1)</script>")
    reply = httpx.get(dev.url + "/artifacts/page.html")
    assert reply.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("form", [{"data": {"a": "b"}}, {"json": {}}, {"content": b"xx"}, {}])
def test_an_upload_without_a_file_says_what_to_send(dev: Server, form: dict[str, object]) -> None:
    reply = httpx.post(dev.url + "/uploads", **form)  # type: ignore[arg-type]  # one of several ways to send a body
    assert reply.status_code == 400
    assert "multipart/form-data" in reply.json()["detail"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # decoders warn of what is damaged
def test_damaged_media_are_refused_with_a_sentence_or_can_be_decoded(dev: Server, tmp_path: Path) -> None:
    chance = random.Random(4)
    with httpx.Client(base_url=dev.url, timeout=60) as client:
        for name, good in seeds.files(tmp_path).items():
            for content in [good[: len(good) // 2], *(mutation.of_bytes(chance, good) for _ in range(12))]:
                reply = upload(client, name, content)
                if reply.status_code == 200:
                    decode(dev.folder / reply.json()[0]["resource"])
                else:
                    assert (reply.status_code, name, reply.json()["detail"][-1]) == (400, name, ".")
                    assert "Traceback" not in reply.text


def decode(path: Path) -> None:
    """Have the libraries themselves decode it, or begin to, which may raise; a text is whatever it is."""
    kind = modality(path.name)
    if kind == "image":
        Image.open(path).load()
    elif kind == "audio":
        with suppress(soundfile.SoundFileError):  # not its own formats, or not by it
            soundfile.read(path, frames=1)
            return
    if kind in {"audio", "video"}:
        with av.open(path) as container:
            next(container.decode(**{kind: 0}))
