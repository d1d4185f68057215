"""What somebody gets who speaks to the page's own routes, past the page: files of nobody else, and nothing of the web.

Raw requests as Gradio's client sends them, with another owner's key and on a server without keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.inside import as_owner, new_key, serving
from tests.support import EXAMPLES

SECRET = "the-words-of-somebody-else"  # noqa: S105 - what must not get out
API = "/app/gradio_api"


@dataclass
class Attacker:
    """A client of the page's routes, and where Gradio keeps what can be downloaded from it."""

    client: httpx.Client
    cache: Path
    victims: list[Path]
    sessions: int = 0

    def call(self, function: dict[str, Any], data: list[Any]) -> str:
        """What the page says to a call of one of its functions, as it streams it."""
        self.sessions += 1
        session = f"session{self.sessions}"
        body = {"data": data, "fn_index": function["id"], "session_hash": session, "event_data": None}
        self.client.post(f"{API}/queue/join", json=body).raise_for_status()
        return self.client.get(f"{API}/queue/data", params={"session_hash": session}).text

    def got_out(self) -> list[Path]:
        """Copies of the secret that can be downloaded."""
        files = [path for path in self.cache.rglob("*") if path.is_file()]
        return [path for path in files if SECRET.encode() in path.read_bytes()]


@pytest.fixture(scope="module", params=["two keys", "no keys"])
def attacker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    folder = tmp_path_factory.mktemp("page")
    guarded = request.param == "two keys"
    ann, bob = (new_key(folder, owner) if guarded else "" for owner in ("ann", "bob"))
    (folder / "gradio").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        with serving(folder, page=True, keys=folder / "keys.json" if guarded else None) as client:
            yield Attacker(as_owner(client, bob), folder / "gradio", _victims(folder, as_owner(client, ann)))


def _victims(folder: Path, ann: httpx.Client) -> list[Path]:
    (folder / "private.txt").write_text(SECRET)
    (folder / ".hidden.txt").write_text(SECRET)
    given = ann.post("/uploads", files={"file": ("mine.txt", SECRET.encode())}).json()[0]["resource"]
    assert Path(given).read_text() == SECRET
    return [folder / "private.txt", folder / ".hidden.txt", Path(given)]


def _functions(attacker: Attacker) -> list[dict[str, Any]]:
    config = attacker.client.get("/app/config").json()
    return [each for each in config["dependencies"] if each["backend_fn"]]


def _shapes(path: str) -> list[Any]:
    """A file as each component spells it."""
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "x.txt"}
    said = [{"role": "user", "content": [{"type": "file", "file": file}], "metadata": {"id": "x"}}]
    return [file, [file], {"text": "Read it", "files": [file]}, {"text": "Read it", "files": [{"path": path}]}, said]


def test_a_path_is_no_upload_in_any_input_of_any_function(attacker: Attacker) -> None:
    shapes, victims = cycle(range(5)), cycle(attacker.victims)
    for function in _functions(attacker):
        for place in range(len(function["inputs"])):
            shape = _shapes(str(next(victims)))[next(shapes)]
            data: list[Any] = [None] * len(function["inputs"])
            data[place] = shape
            said = attacker.call(function, data)
            assert '"success":false' in said, (function["id"], place)
            assert SECRET not in said
    assert attacker.sessions > 30
    assert not attacker.got_out()


def test_a_link_is_not_fetched_for_a_visitor(attacker: Attacker) -> None:
    function = max(_functions(attacker), key=lambda each: len(each["inputs"]))
    for shape in _shapes("https://203.0.113.1/x.txt"):
        said = attacker.call(function, [shape, *[None] * (len(function["inputs"]) - 1)])
        assert '"success":false' in said


@pytest.mark.parametrize(
    "path",
    [
        *("/file=https://203.0.113.1/x.txt", "/file=http://127.0.0.1:1/", "/file=//203.0.113.1/x", "/file=file:///etc/passwd"),
        *("/file=/etc/passwd", "/file=/../../etc/passwd", "/proxy=https://x.hf.space/", "/file/etc/passwd"),
        *("/info", "/openapi.json", "/run/predict", "/call/predict", "/deep_link?session_hash=x", "/runs"),
        *("/vibe-code", "/custom_component/x/client/component/x.js", "/run-history/buckets", "/monitoring"),
    ],
)  # fmt: skip
def test_gradio_s_other_routes_are_closed(attacker: Attacker, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        status = attacker.client.request(method, f"{API}{path}", json={} if method == "POST" else None).status_code
        assert status in {403, 404, 405}, (method, status)


def test_what_lies_on_the_disk_is_not_a_file_of_the_page(attacker: Attacker) -> None:
    for victim in attacker.victims:
        for path in (f"{victim}", f"{attacker.cache}/../{victim.name}", f"{attacker.cache}/%2e%2e/{victim.name}"):
            reply = attacker.client.get(f"{API}/file={path}")
            assert reply.status_code == 403
            assert SECRET not in reply.text


def test_a_picture_with_a_script_is_never_shown_by_the_browser(attacker: Attacker) -> None:
    form = {"files": ("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")}
    (path,) = attacker.client.post(f"{API}/upload", files=form).json()
    for function in _functions(attacker):
        if len(function["inputs"]) > 5:
            attacker.call(function, _shapes(path)[: len(function["inputs"])] + [None] * (len(function["inputs"]) - 5))
    reply = attacker.client.get(f"{API}/file={path}")
    assert reply.headers["content-disposition"].startswith("attachment")
    assert "svg" not in reply.headers["content-type"]


def test_a_controller_that_is_not_offered_cannot_be_chosen(attacker: Attacker) -> None:
    said = attacker.call(
        _send(attacker), ["0" * 32, "2" * 32, {"text": "Hello", "files": []}, "openai:x", "auto", False]
    )
    assert '"success":false' in said


def _send(attacker: Attacker) -> dict[str, Any]:
    """The function that sends what stands in the box."""
    config = attacker.client.get("/app/config").json()
    box = next(each["id"] for each in config["components"] if each["props"].get("elem_id") == "box")
    return next(each for each in _functions(attacker) if box in each["inputs"])


def test_what_was_uploaded_to_the_page_is_taken(attacker: Attacker) -> None:
    """So that the tests above prove something."""
    (path,) = attacker.client.post(
        f"{API}/upload", files={"files": ("notice.png", (EXAMPLES / "notice.png").read_bytes())}
    ).json()
    names = ["0" * 32, "1" * 32]
    said = attacker.call(
        _send(attacker), [*names, {**_shapes(path)[2], "text": "Read the notice"}, "offline", "auto", False]
    )
    assert '"success":true' in said
    assert "Welcome to our garden" in said
