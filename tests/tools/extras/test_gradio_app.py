"""Gradio apps and Spaces: every kind of component against a real app, through the tools and the whole graph."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support import ROOT
from tests.support.loopback import running
from tests.tools.extras.conftest import Ask, Call
from tests.tools.extras.listening import listening
from tools import extras, progress
from tools.errors import BadOutput, ConfigError, InputError, ModelError, ModelTimeout, ModelUnavailable
from tools.files import artifacts, codec, media
from tools.protocol import Audio, Video
from tools.settings import override
from tools.tasks import TASKS


@pytest.fixture
async def app(gradio_url: str) -> dict[str, extras.Entry]:
    """All endpoints of the app, added."""
    return {entry.name: entry for entry in await extras.add(gradio_url)}


async def test_an_app_becomes_task_types(app: dict[str, extras.Entry], ask: Ask) -> None:
    row = TASKS["pixelate"]
    assert (row.purpose, row.outputs) == ("pixelate a picture", ("image", "text"))
    results, answer = await ask("Pixelate sea.png with blocks of 16", "sea.png")
    assert (results[0].task, results[0].status, results[0].text) == ("pixelate", "done", "blocks of 16")
    assert results[0].files[0] in answer
    results, _ = await ask("Whisper 'HELLO'")
    assert results[0].text == "hello"


async def test_slots_and_bounds_are_read_from_the_components(app: dict[str, extras.Entry]) -> None:
    slots = {slot.name: (slot.required, slot.many, slot.note) for slot in TASKS["greet"].slots}
    assert slots == {
        "name": (True, False, ""),
        "language": (False, False, "one of English, French, German"),
        "style": (False, False, "one of plain, ornate"),
        "loud": (False, False, "true or false"),
        "times": (False, False, "a whole number from 1 to 5; How often"),
        "extras": (False, True, "one of kiss, bow"),
    }
    kinds = {name: TASKS[name].slots[0].modality for name in ("frame", "flip", "hush", "transpose", "census", "shout")}
    assert kinds == {
        "frame": "image", "flip": "video", "hush": "audio", "transpose": "table", "census": "table", "shout": "text",
    }  # fmt: skip


async def test_what_cannot_be_served_is_said_and_not_offered(app: dict[str, extras.Entry]) -> None:
    assert app["render"].unusable == "takes a Model3d, which cannot be given here"
    assert "render" not in TASKS
    assert app["sculpt"].notes == ("its Model3d is left out",)


async def test_choices_numbers_and_flags_arrive(app: dict[str, extras.Entry], call: Call) -> None:
    made = await call("greet", name="Ann", language="french", loud="yes", times="2", extras=["bow"])
    assert made["text"] == "plain: BONJOUR, BONJOUR ANN (BOW)"
    with pytest.raises(InputError, match=r"'Klingon' is not one of \['English', 'French', 'German'\]"):
        await call("greet", name="Ann", language="Klingon")
    with pytest.raises(InputError, match="40 is greater than the maximum of 32"):
        await call("pixelate", image="sea.png", size=40)


async def test_pictures_go_in_and_come_out_in_every_form(app: dict[str, extras.Entry], call: Call) -> None:
    framed = await call("frame", pictures=["sea.png", "sea.png"])
    assert [media.image(Path(path)).size for path in framed["files"]] == [(68, 52), (68, 52)]
    circled = await call("circle", image="sea.png")
    assert (circled["text"], len(circled["files"])) == ("corner", 1)
    retouched = await call("retouch", picture="sea.png")
    assert media.image(Path(retouched["files"][0])).size == (64, 48)


async def test_films_and_recordings_go_in_and_come_out(app: dict[str, extras.Entry], call: Call) -> None:
    film = Video([Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")], 4)
    Path("film.mp4").write_bytes(artifacts.encode(film)[1])
    made = await call("flip", video="film.mp4")
    assert len(codec.video(Path(made["files"][0]).read_bytes()).frames) == 2
    Path("loud.wav").write_bytes(artifacts.encode(Audio(np.full(8000, 0.5, np.float32), 8000))[1])
    made = await call("hush", audio="loud.wav")
    assert media.audio(Path(made["files"][0])).samples.max() == pytest.approx(0.25, abs=0.01)


async def test_tables_json_labels_and_files_go_in_and_come_out(app: dict[str, extras.Entry], call: Call) -> None:
    Path("t.csv").write_text("a,b\n1,2\n3,4\n")
    Path("note.txt").write_text("hello there\n")
    assert (await call("transpose", table="t.csv"))["data"] == [{"1": "1", "2": "3"}, {"1": "2", "2": "4"}]
    assert (await call("census", document="t.csv"))["text"] == "2"
    assert (await call("invert", facts='{"a": 1}'))["data"] == {"1": "a"}
    judged = await call("judge", text="a rose")
    assert (judged["text"], judged["data"][0]) == ("good", {"label": "good", "score": 0.75})
    assert (await call("shout", document="note.txt"))["text"] == "shouted.txt\nHELLO THERE"
    assert (await call("gossip", message="that"))["text"] == "Did you hear that?"


async def test_progress_becomes_steps(app: dict[str, extras.Entry], call: Call) -> None:
    steps: list[tuple[int, int]] = []
    progress.listener.set(lambda step, of: steps.append((step, of)))
    await call("dawdle", text="briefly")
    assert (2, 4) in steps


async def test_an_app_that_refuses_or_dawdles_is_a_failure(app: dict[str, extras.Entry], call: Call) -> None:
    with pytest.raises(ModelError, match="whisper refused: cannot whisper that"):
        await call("whisper", text="fail")
    override(endpoint_timeout=1)
    with pytest.raises(ModelTimeout, match="took longer than 1 s"):
        await call("dawdle", text="long")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("private", "169.254.169.254 is a private address"),
        ("here", "a link that is not followed: file://"),
        ("path", "the server answers 403"),
    ],
)
async def test_files_come_from_the_app_alone(app: dict[str, extras.Entry], call: Call, kind: str, says: str) -> None:
    with pytest.raises(BadOutput, match=says):
        await call("mislead", kind=kind)


async def test_an_app_that_dies_in_mid_call_is_told(call: Call) -> None:
    with listening("gradio_app") as url:
        await extras.add(url, only=["perish", "whisper"])
        with pytest.raises(ModelUnavailable, match="went away in the middle of the call"):
            await call("perish", text="x")
        with pytest.raises(ModelUnavailable, match="whisper cannot be reached"):
            await call("whisper", text="x")


@pytest.mark.slow
async def test_an_app_with_a_login_is_opened_and_its_files_fetched(
    file: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening("gradio_app", LOGIN="ann:open-sesame") as url:
        with pytest.raises(ConfigError, match="asks for a login"):
            await extras.add(url)
        monkeypatch.setenv("APP_PASSWORD", "open-barley")
        with pytest.raises(ConfigError, match="refuses the login: check its variables") as refused:
            await extras.add(url, login="ann:${APP_PASSWORD}")
        assert "barley" not in str(refused.value)
        monkeypatch.setenv("APP_PASSWORD", "open-sesame")
        await extras.add(url, only="pixelate", login="ann:${APP_PASSWORD}")
        assert len((await call("pixelate", image="sea.png"))["files"]) == 1
        assert "sesame" not in file.read_text()


@contextmanager
def hub(space: str, token: str) -> Iterator[str]:
    """A Hub that has one private Space, at the address given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == f"Bearer {token}"
            about: dict[str, Any] = {"id": "ann/secret", "private": True, "host": space, "subdomain": "x"}
            about |= {"stage": "RUNNING", "hardware": {"current": None, "requested": None}}
            body = json.dumps(about if known else {"error": "Repository not found"}).encode()
            self.send_response(200 if known else 401)
            self.send_header("X-Error-Code", "" if known else "RepoNotFound")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.mark.slow
def test_a_private_space_is_opened_with_the_user_s_own_token(workspace: Path) -> None:
    def cli(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
        known = os.environ | {"PYTHONPATH": str(ROOT), "HUGGINGGPT_PRIVATE_ADDRESSES": "true", **env}
        command = [sys.executable, "-m", "app.cli.main", *args]
        return subprocess.run(command, env=known, capture_output=True, text=True, timeout=100)  # noqa: S603 - ours

    with listening("gradio_app", DEMANDS="Bearer hf_private") as space, hub(space, "hf_private") as address:
        away = cli("tools", "add", "ann/secret", HF_ENDPOINT=address)
        assert "if it is private, name a token for it by --token env:HF_TOKEN" in away.stderr
        mine = {"HF_ENDPOINT": address, "HF_TOKEN": "hf_private"}
        added = cli("tools", "add", "ann/secret", "--only", "pixelate", **mine)
        assert "opened by HF_TOKEN" in added.stdout, added.stderr
        done = cli("ask", "Pixelate sea.png", "--llm", "offline", "--no-approve", **mine)
        assert "blocks of 8" in done.stdout, done.stderr
    everything = away.stderr + added.stdout + done.stdout + done.stderr + Path("tools.toml").read_text()
    assert "hf_private" not in everything
