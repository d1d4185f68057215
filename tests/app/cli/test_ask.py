"""Whole requests from the command line, as a user types them."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from tests.support import EXAMPLES, ROOT
from tests.support.storage import bucket

NOTICE = str(EXAMPLES / "notice.png")
Program = Callable[..., "subprocess.Popen[str]"]


def invoke(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(args), input=stdin)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Starts tests/support/stubbed_cli.py: the command line as a process of its own, on a stub model."""

    def start(nap: float, *args: str) -> "subprocess.Popen[str]":
        log = str(tmp_path / "log")
        command = [
            sys.executable,
            "-m",
            "tests.support.stubbed_cli",
            str(nap),
            log,
            *args,
            "--out",
            str(tmp_path / "out"),
        ]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - our own program

    return start


def wait_for(path: Path, words: str) -> None:
    for _ in range(400):
        if path.exists() and words in path.read_text():
            return
        time.sleep(0.05)
    pytest.fail(f"{path} never said {words}")


@pytest.mark.usefixtures("workspace")
def test_json_is_one_object_with_everything_and_nothing_else_on_stdout() -> None:
    done = invoke("ask", "Is the tone of 'What a lovely day' positive?", "--llm", "offline", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert set(told) == {"plan", "notes", "jobs", "results", "artifacts", "answer", "timings", "usage"}
    assert set(told["plan"][0]) == {"task", "id", "dep", "args"}
    assert told["results"][0]["text"] == "positive"
    assert "positive" in told["answer"]
    assert set(told["timings"]) == {"plan", "select", "execute", "respond", "total"}


def test_what_is_made_is_named_on_stdout_and_lies_where_out_says(workspace: Path) -> None:
    done = invoke("ask", "Show me the outlines", "-i", NOTICE, "--llm", "offline", "--out", "made")
    (file,) = [workspace / line for line in done.stdout.splitlines() if line.endswith(".png")]
    assert done.exit_code == 0
    assert (file.parent.name, file.name) == ("made", "notice-edges.png")
    assert file.read_bytes().startswith(b"\x89PNG")
    assert "canny-control finished" in done.stderr


@pytest.mark.usefixtures("workspace")
def test_several_tasks_end_with_a_timeline() -> None:
    done = invoke("ask", f"Show me the outlines and the straight lines of {NOTICE}", "--llm", "offline", "--how")
    assert "Timeline" in done.stderr
    assert done.stderr.count("█") > 10


def test_a_file_outside_the_folders_may_be_used_when_it_is_named(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGINGGPT_FOLDERS", '["."]')
    assert invoke("plan", f"Show me the outlines of {NOTICE}", "--llm", "offline").exit_code == 0
    assert invoke("plan", "Show me the outlines", "-i", NOTICE, "--llm", "offline").exit_code == 0


def test_plan_prints_the_plan_and_makes_nothing(workspace: Path) -> None:
    done = invoke("plan", "Show me the outlines", "-i", NOTICE, "--llm", "offline", "--json")
    told = json.loads(done.stdout)
    assert [task["task"] for task in told["plan"]] == ["canny-control"]
    assert told["results"] == []
    assert list(workspace.iterdir()) == []


def test_a_request_without_a_plan_ends_with_code_3_and_says_what_can_be_done(workspace: Path) -> None:
    done = invoke("ask", "Compose a symphony", "--llm", "offline", "--json")
    assert done.exit_code == json.loads(done.stdout)["exit_code"] == 3
    assert "needs a model" in json.loads(done.stdout)["error"]


BAD_FILES: dict[str, tuple[bytes | None, str]] = {
    "missing.png": (None, "does not exist"),
    "empty.png": (b"", "is empty"),
    "text.png": (b"just words\n", "not an image"),
    "broken.png": (b"\x89PNG\r\n\x1a\n" + bytes(40), "damaged"),
    "program.exe": (b"MZ" + bytes(60), "format"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_used_gets_one_sentence_and_leaves_nothing(workspace: Path, name: str) -> None:
    content, reason = BAD_FILES[name]
    if content is not None:
        (workspace / name).write_bytes(content)
    done = invoke("ask", "Describe it", "-i", name, "--llm", "offline", "--out", "made")
    assert (done.exit_code, done.stdout) == (2, "")
    assert name in done.stderr
    assert reason in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (workspace / "made").exists()


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("-i", "."), "folder"),
        (("-i", "http://127.0.0.1:9/x.png"), "private"),
        (("--llm", "nobody:nothing"), "nobody"),
        (("--out", "/proc/none"), "--out"),
    ],
)
def test_what_cannot_be_used_gets_one_sentence(workspace: Path, args: tuple[str, ...], word: str) -> None:
    done = invoke("ask", f"Describe {NOTICE}", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert word in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_results_go_to_object_storage_where_out_names_it_and_are_made_again_once_they_are_gone(workspace: Path) -> None:
    with bucket("results"):
        for name in ("notice-edges.png", "notice-edges-2.png"):  # the name of the first stays taken
            done = invoke("ask", f"Show me the outlines of {NOTICE}", "--llm", "offline", "--out", "s3://results/mine")
            assert done.exit_code == 0, done.stderr
            assert f"s3://results/mine/{name}" in done.stdout
            fsspec.filesystem("s3").rm(f"results/mine/{name}")
    assert not [*workspace.rglob("*.png"), *workspace.glob("s3*")]


@pytest.mark.usefixtures("workspace")
@pytest.mark.slow
def test_a_conversation_remembers_its_files_and_is_continued_by_its_name() -> None:
    first = invoke("chat", "--thread", "garden", "--llm", "offline", stdin=f"Show me the outlines of {NOTICE}\n/quit\n")
    assert first.exit_code == 0
    assert "hugginggpt chat --thread garden" in first.stdout
    second = invoke(
        "chat", "--thread", "garden", "--llm", "offline", stdin="/files\nRead that image aloud\nQuit\nnever heard\n"
    )
    assert second.exit_code == 0
    assert NOTICE in second.stdout
    assert "notice-edges.png" in second.stdout
    assert "speech.wav" in second.stdout
    assert "never heard" not in second.stdout


@pytest.mark.usefixtures("workspace")
def test_a_conversation_goes_on_after_a_request_that_fails() -> None:
    done = invoke("chat", "--llm", "offline", stdin="Read nothing.png\nIs 'I love it' positive in tone?\n/nonsense\n")
    assert done.exit_code == 0
    assert "nothing.png does not exist" in done.stderr
    assert "positive" in done.stdout
    assert "/files" in done.stdout


APPROVE = ("ask", f"Show me the outlines of {NOTICE}", "--llm", "offline", "--approve")


@pytest.mark.usefixtures("workspace")
def test_an_approved_plan_runs_and_the_models_were_shown_before() -> None:
    done = invoke(*APPROVE, "--json", stdin="what?\ny\n")
    assert done.exit_code == 0
    assert "opencv/canny" in done.stderr
    assert json.loads(done.stdout)["results"][0]["status"] == "done"


@pytest.mark.usefixtures("workspace")
def test_a_rejected_plan_runs_nothing_and_is_no_success() -> None:
    done = invoke(*APPROVE, stdin="n\n")
    assert done.exit_code == 1
    assert "Nothing was run" in done.stdout


@pytest.mark.usefixtures("workspace")
def test_an_edited_plan_runs_in_place_of_the_first() -> None:
    edited = json.dumps([{"task": "hed-control", "id": 0, "args": {"image": NOTICE}}])
    done = invoke(*APPROVE, "--json", stdin=f"{edited}\ny\n")
    assert done.exit_code == 0
    assert [result["task"] for result in json.loads(done.stdout)["results"]] == ["hed-control"]


@pytest.mark.usefixtures("workspace")
def test_a_plan_that_nobody_can_approve_ends_the_request() -> None:
    done = invoke(*APPROVE, stdin="")
    assert done.exit_code == 2
    assert "--no-approve" in done.stderr
    assert invoke("resume").exit_code == 2


@pytest.mark.usefixtures("workspace")
def test_there_is_nothing_to_resume_at_first() -> None:
    done = invoke("resume")
    assert done.exit_code == 2
    assert "othing to resume" in done.stderr


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.slow
def test_ctrl_c_stops_at_once_and_resume_runs_only_what_was_not_finished(
    program: Program, tmp_path: Path, sign: str
) -> None:
    request = f"Read {NOTICE} aloud"
    running = program(1000, "ask", request, "--llm", "offline")
    wait_for(tmp_path / "log", "text-to-speech")
    running.send_signal(getattr(signal, sign))
    _, told = running.communicate(timeout=60)  # far less than the nap
    assert running.returncode == 130
    assert "hugginggpt resume --out" in told
    assert "Traceback" not in told

    resumed = program(0, "resume", "--json")
    out, _ = resumed.communicate(timeout=60)
    assert resumed.returncode == 0
    assert [result["status"] for result in json.loads(out)["results"]] == ["done", "done"]
    assert (tmp_path / "log").read_text().split() == ["image-to-text", "text-to-speech", "text-to-speech"]


@pytest.mark.slow
def test_a_disk_that_is_full_in_mid_run_costs_the_record_and_not_the_answer(program: Program, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    picture = tmp_path / "far" / "notice.png"
    picture.write_bytes(Path(NOTICE).read_bytes())
    (tmp_path / "FULL").touch()
    asked = program(0, "ask", f"Read {picture} aloud", "--llm", "offline")
    out, told = asked.communicate(timeout=60)
    assert asked.returncode == 0
    assert "A fine day." in out
    assert (tmp_path / "out" / "speech.wav").stat().st_size > 1000
    assert told.count("This answer was not kept") == 1
    assert "make room" in told
    assert "Traceback" not in told

    (tmp_path / "FULL").unlink()  # what was kept, the plan, is gone on with, also where its picture lies elsewhere
    resumed = program(0, "resume", "--json")
    out, _ = resumed.communicate(timeout=60)
    assert [result["status"] for result in json.loads(out)["results"]] == ["done", "done"]
    assert (tmp_path / "log").read_text().split() == ["image-to-text", "text-to-speech"] * 2


@pytest.mark.slow
def test_of_two_that_resume_at_once_one_is_told(program: Program, tmp_path: Path) -> None:
    running = program(1000, "ask", f"Read {NOTICE} aloud", "--llm", "offline")
    wait_for(tmp_path / "log", "text-to-speech")
    _, told = program(0, "resume").communicate(timeout=60)
    assert "Another process is at work on this conversation" in told
    running.kill()
    running.communicate(timeout=60)
    again = program(0, "resume")
    again.communicate(timeout=60)
    assert again.returncode == 0


@pytest.mark.usefixtures("workspace")
def test_a_damaged_file_of_conversations_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "threads.sqlite").write_bytes(b"nonsense" * 1000)
    done = invoke("ask", f"Show me the outlines of {NOTICE}", "--llm", "offline")
    assert done.exit_code == 2
    assert "threads.sqlite cannot be used (file is not a database)" in done.stderr
