"""Open WebUI itself, in its default install, asked as its page asks: `make open-webui` installs it and runs this."""

import base64
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server.inside import listening, new_key
from tests.server.process import free_port
from tests.support import EXAMPLES, ROOT

PROGRAM = ROOT / ".venv-clients" / "open-webui" / "bin" / "open-webui"
NOTICE = "data:image/png;base64," + base64.b64encode((EXAMPLES / "notice.png").read_bytes()).decode()
GARDEN = b"The garden opens at nine and closes at six. Dogs must be kept on a lead. The entrance costs five euros."
BEHIND = {"title_generation": True, "tags_generation": True, "follow_up_generation": True}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of Open WebUI's own API, signed in, with our server behind it."""
    folder: Path = tmp_path_factory.mktemp("open_webui")
    key, port = new_key(folder, "ann"), free_port()
    with listening(folder, keys=folder / "keys.json") as ours, (folder / "log").open("wb") as log:
        env = {"OPENAI_API_BASE_URL": f"{ours}/v1", "OPENAI_API_KEY": key, "DATA_DIR": str(folder / "data")}
        for what in ("RAG_OPENAI", "AUDIO_TTS_OPENAI"):
            env |= {f"{what}_API_BASE_URL": f"{ours}/v1", f"{what}_API_KEY": key}
        env |= {"WEBUI_AUTH": "False", "OFFLINE_MODE": "true", "HF_HUB_OFFLINE": "1", "WEBUI_SECRET_KEY": uuid4().hex}
        env |= {"RAG_EMBEDDING_ENGINE": "openai", "AUDIO_TTS_ENGINE": "openai", "ENABLE_OLLAMA_API": "False"}
        process = subprocess.Popen(  # noqa: S603 - installed by name
            [str(PROGRAM), "serve", "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env=os.environ | env,
            stdout=log,
            stderr=log,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
                wait_for(client)
                signed_in = client.post("/api/v1/auths/signin", json={"email": "", "password": ""}).json()
                client.headers["Authorization"] = f"Bearer {signed_in['token']}"
                yield client
        finally:
            process.terminate()
            process.wait(60)


def wait_for(client: httpx.Client) -> None:
    for _ in range(300):
        with suppress(httpx.TransportError):
            if client.get("/health").status_code == 200:
                return
        time.sleep(1)
    raise TimeoutError("Open WebUI does not start.")


def asked(page: httpx.Client, words: str, *files: dict[str, Any]) -> dict[str, Any]:
    """The chat after its page has asked this, and the answer and all that is asked behind its user's back came."""
    (model,) = page.get("/api/models").json()["data"]
    user, reply = str(uuid4()), str(uuid4())
    said = {"id": user, "parentId": None, "childrenIds": [reply], "role": "user", "content": words, "files": [*files]}
    blank = {"id": reply, "parentId": user, "childrenIds": [], "role": "assistant", "content": "", "model": model["id"]}
    history = {"messages": {user: said, reply: blank}, "currentId": reply}
    chat = page.post("/api/v1/chats/new", json={"chat": {"title": "New Chat", "history": history}}).json()["id"]
    body = {
        "stream": True,
        "model": model["id"],
        "messages": [{"role": "user", "content": words}],
        "files": [file for file in files if file["type"] == "file"] or None,
        "features": {"voice": False, "image_generation": False, "code_interpreter": False, "web_search": False},
        "model_item": model,
        "session_id": "page",
        "chat_id": chat,
        "id": reply,
        "parent_id": user,
        "user_message": said,
        "background_tasks": BEHIND,
    }
    page.post("/api/chat/completions", json=body).raise_for_status()
    for _ in range(240):
        kept: dict[str, Any] = page.get(f"/api/v1/chats/{chat}").json()["chat"]
        answer = kept["history"]["messages"][reply]
        if answer.get("error") or ("followUps" in answer and kept["title"] != "New Chat"):
            return {**answer, "title": kept["title"]}
        time.sleep(0.5)
    raise TimeoutError(str(kept))


def test_the_model_is_found(page: httpx.Client) -> None:
    assert [model["id"] for model in page.get("/api/models").json()["data"]] == ["hugginggpt"]


def test_a_message_is_answered_and_the_chat_gets_a_title(page: httpx.Client) -> None:
    answer = asked(page, "Is the tone of 'I am so happy' positive?")
    assert answer["content"].startswith("positive")
    assert (answer["title"], answer["followUps"]) == ("Is the tone of 'I", [])


def test_a_picture_is_read(page: httpx.Client) -> None:
    assert "Welcome to our garden" in asked(page, "Read the text.", {"type": "image", "url": NOTICE})["content"]


@pytest.mark.parametrize("how", [{}, {"context": "full"}], ids=["by its passages", "whole"])
def test_a_document_is_asked_about(page: httpx.Client, how: dict[str, str]) -> None:
    sent = {"file": (f"garden{len(how)}.txt", GARDEN, "text/plain")}
    file = page.post("/api/v1/files/", files=sent, params={"process_in_background": "false"}).json()
    facts = {"id": file["id"], "url": file["id"], "name": file["filename"], "collection_name": f"file-{file['id']}"}
    answer = asked(page, "When does the garden open?", {"type": "file", "file": file, **facts, **how})
    assert answer["content"].startswith("The garden opens at nine")


def test_an_answer_is_read_aloud(page: httpx.Client) -> None:
    spoken = page.post("/api/v1/audio/speech", json={"model": "tts-1", "input": "Hello", "voice": "alloy"})
    assert spoken.headers["content-type"] == "audio/mpeg"
    assert len(spoken.content) > 1000
