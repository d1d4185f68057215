"""What reaches LangSmith, seen by a stand-in that the real client talks to."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from graph.tracing import scrub
from tests.server.collector import Collector, collecting
from tests.server.process import QUIET, Server, start, start_dev
from tests.support import ROOT

NOTICE = base64.b64encode((ROOT / "examples" / "notice.png").read_bytes()).decode()
SECRET = "correct-horse-battery-staple"  # noqa: S105 - a made-up one
REQUEST = {
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": f"Read this picture and show its outlines. My password is {SECRET}."},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{NOTICE}"}},
            ],
        }
    ]
}


def settle(collector: Collector, name: str) -> dict[str, dict[str, Any]]:
    """The runs, once the one of that name has come in with its end."""
    for _ in range(150):
        if any(run.get("name") == name and run.get("end_time") for run in list(collector.runs.values())):
            return collector.runs
        time.sleep(0.1)
    raise AssertionError([run.get("name") for run in collector.runs.values()])


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Collector, str, str]]:
    """A server that is traced, after one request of ours and one through LangGraph's API."""
    with collecting() as collector:
        folder = tmp_path_factory.mktemp("traced")
        server = start_dev(
            folder,
            HUGGINGGPT_OUT=str(folder / "results"),
            LANGSMITH_TRACING="true",
            LANGSMITH_ENDPOINT=collector.url,
            LANGSMITH_API_KEY="lsv2_made_up_key",
            LANGSMITH_DISABLE_RUN_COMPRESSION="true",
            EXAMPLE_PASSWORD=SECRET,
        )
        try:
            body = REQUEST | {"model": "hugginggpt"}
            answer = httpx.post(server.url + "/v1/chat/completions", json=body, timeout=60).json()
            run = {"assistant_id": "hugginggpt", "input": REQUEST}
            httpx.post(server.url + "/runs/wait", json=run, timeout=60).raise_for_status()
            settle(collector, "respond")
            time.sleep(1)
            yield collector, server.url, answer["id"].removeprefix("chatcmpl-")
        finally:
            server.stop()


def test_the_run_tree_is_named_by_stage_task_and_tool(traced: tuple[Collector, str, str]) -> None:
    runs = traced[0].runs.values()
    names = {run["name"] for run in runs}
    assert {"hugginggpt", "plan", "select", "execute", "respond", "image-to-text", "canny-control"} <= names
    assert {"image-to-text#0", "canny-control#1"} <= names or {"image-to-text#1", "canny-control#0"} <= names


def test_metadata_tells_task_model_and_backend(traced: tuple[Collector, str, str]) -> None:
    (tool, *_) = [run for run in traced[0].runs.values() if run["name"] == "canny-control"]
    metadata = tool["extra"]["metadata"]
    assert {"model", "backend", "device"} <= set(metadata)
    assert metadata["backend"] == "embedded"
    (root, *_) = [r for r in traced[0].runs.values() if r["name"] == "hugginggpt" and "openai" in (r.get("tags") or [])]
    assert root["extra"]["metadata"]["owner"] == "local"
    assert root["id"] == traced[2]


def test_neither_media_nor_secrets_nor_folders_leave(
    traced: tuple[Collector, str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    sent = b"".join(traced[0].bodies).decode(errors="replace")
    assert str(tmp_path_factory.getbasetemp()) not in sent  # which the server works in
    assert "Welcome to our garden" in sent  # words are what traces are for
    assert NOTICE[1000:1100] not in sent
    assert SECRET not in sent
    assert "lsv2_made_up_key" not in sent
    assert len(sent) < 400_000


def test_feedback_reaches_the_run(traced: tuple[Collector, str, str]) -> None:
    collector, url, run_id = traced
    verdict = {"run_id": run_id, "score": 1, "comment": "good"}
    assert httpx.post(url + "/feedback", json=verdict, timeout=30).status_code == 204
    for _ in range(50):
        if collector.feedback:
            break
        time.sleep(0.1)
    (kept,) = collector.feedback
    assert (kept["run_id"], kept["score"], kept["comment"]) == (run_id, 1, "good")


KEYED = {"LANGSMITH_API_KEY": "lsv2_made_up_key", "LANGSMITH_DISABLE_RUN_COMPRESSION": "true"}
HAPPY = {"messages": [{"role": "user", "content": "Is the tone of 'I am happy' positive?"}]}


@contextmanager
def served(folder: Path, **env: str) -> Iterator[str]:
    server = start(["app.cli.main", "serve"], folder, "/health", **env)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def developed(folder: Path, **env: str) -> Iterator[str]:
    server = start_dev(folder, **env)
    try:
        yield server.url
    finally:
        server.stop()


@pytest.mark.parametrize("start_it", [served, developed])
def test_a_key_alone_traces(tmp_path: Path, start_it: Callable[..., AbstractContextManager[str]]) -> None:
    with collecting() as collector:
        env = KEYED | {"LANGSMITH_TRACING": "", "LANGSMITH_ENDPOINT": collector.url}
        with start_it(tmp_path, **env) as url:
            assert httpx.post(f"{url}/hugginggpt", json=HAPPY, timeout=60).status_code == 200
            assert {run["name"] for run in settle(collector, "respond").values()} >= {"plan", "execute"}


def test_a_key_alone_traces_the_command_line(tmp_path: Path) -> None:
    with collecting() as collector:
        env = KEYED | {"LANGSMITH_TRACING": "", "LANGSMITH_ENDPOINT": collector.url}
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGINGGPT_", "LANG"))}
        asked = [sys.executable, "-m", "app.cli.main", "ask", "Is the tone of 'I am happy' positive?"]
        subprocess.run(asked, cwd=tmp_path, env={**keep, **QUIET, **env}, check=True, timeout=100)  # noqa: S603
        assert {run["name"] for run in settle(collector, "respond").values()} >= {"plan", "execute"}


def test_a_plan_that_waits_for_approval_has_not_failed(tmp_path: Path) -> None:
    with collecting() as collector:
        server = start_dev(tmp_path, **KEYED, LANGSMITH_TRACING="true", LANGSMITH_ENDPOINT=collector.url)
        try:
            run = {"assistant_id": "hugginggpt", "input": HAPPY, "context": {"approve_plan": True}}
            assert httpx.post(f"{server.url}/runs/wait", json=run, timeout=60).status_code == 200
            runs = settle(collector, "execute").values()
        finally:
            server.stop()
    assert [run["error"] for run in runs if run.get("error")] == []


def test_without_tracing_feedback_is_kept_in_the_owner_s_folder(dev: Server) -> None:
    verdict = {"run_id": "00000000-0000-4000-8000-000000000000", "score": 0, "comment": "no"}
    assert httpx.post(dev.url + "/feedback", json=verdict).status_code == 204
    (line,) = (dev.folder / "outputs/local/feedback.jsonl").read_text().splitlines()
    assert json.loads(line)["comment"] == "no"
    assert httpx.post(dev.url + "/feedback", json=verdict | {"score": 7}).status_code == 422
    nothing = httpx.post(dev.url + "/feedback", json={"run_id": verdict["run_id"]})
    assert nothing.status_code == 422
    assert "give a score, a comment, or both" in nothing.json()["detail"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"see data:image/png;base64,{NOTICE[:500]} here", "see data:image/png,[left out] here"),
        ("key hf_abcdefghijkl and sk-proj-abcdefghij", "key [secret] and [secret]"),
        ("Authorization: Bearer abc.def-ghi123", "Authorization: Bearer [secret]"),
        ("http://me:pass@host/x", "http://[secret]@host/x"),
        ("see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl here", "see [secret] here"),
        ("password=hunter2&x=1 and PASSWORD: abc", "password=[secret]&x=1 and PASSWORD: [secret]"),
        (
            "http://h/artifacts/a.png?owner=ann&signature=abc-_1",
            "http://h/artifacts/a.png?owner=ann&signature=[secret]",
        ),
        ("The password is a word, and so is the token.", None),
        ("opened /home/ann/pictures/a.png", "opened ~/pictures/a.png"),
        ("An ordinary sentence of 3 words: token-classification.", None),
        ("outputs/local/canny-control-0123456789abcdef.png", None),
    ],
)
def test_scrubbing_takes_what_it_must_and_leaves_the_rest(text: str, kept: str | None) -> None:
    assert scrub(text) == (text if kept is None else kept)
