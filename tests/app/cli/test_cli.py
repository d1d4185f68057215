"""The command line: exit codes, JSON and what --help imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from tests.support import ROOT
from tools.settings import process_settings

HEAVY = {
    "torch",
    "transformers",
    "diffusers",
    "langgraph",
    "langchain_core",
    "huggingface_hub",
    "cv2",
    "numpy",
    "rapidocr",
}


def python(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)  # noqa: S603 - our own program


def invoke(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(args))
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.slow
def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from app.cli.main import app; app(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    )
    help_text, _, modules = python("-c", code).stdout.rpartition("\n['")
    assert all(command in help_text for command in ("ask", "chat", "plan", "resume", "tasks", "models", "doctor"))
    assert not HEAVY & {name.partition(".")[0] for name in modules.split("', '")}


def test_tasks_as_json_lists_every_task_type_with_its_model_or_what_is_missing() -> None:
    code, out, _ = invoke("tasks", "--json")
    rows = json.loads(out)["tasks"]
    assert code == 0
    assert len(rows) >= 50
    assert all(row["model"] if row["runnable"] else row["missing"] for row in rows)


def test_an_unknown_task_type_names_the_nearest_ones() -> None:
    code, out, err = invoke("models", "image-to-txt")
    assert (code, out) == (2, "")
    assert "image-to-text" in err


def test_an_error_with_json_is_one_object_with_the_exit_code() -> None:
    code, out, _ = invoke("models", "no-such-task", "--json")
    assert json.loads(out)["exit_code"] == code == 2


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("ask", "hello", "--warp", "--json"), "--warp"),
        (("ask", "--json"), "REQUEST"),
        (("models", "--json"), "TASK"),
        (("fly", "--json"), "fly"),
        (("--json",), "--json"),
        (("ask", "hello", "--json", "--top-k", "many"), "--top-k"),
        (("tools", "add", "--json"), "--json"),
    ],
)
def test_wrong_use_with_json_is_one_object_too(args: tuple[str, ...], words: str) -> None:
    code, out, err = invoke(*args)
    told = json.loads(out)
    assert told["exit_code"] == code == 2
    assert words.lower() in told["error"].lower()
    assert words.lower() in err.lower()


def test_wrong_use_without_json_leaves_stdout_empty() -> None:
    code, out, err = invoke("ask", "hello", "--warp")
    assert (code, out) == (2, "")
    assert "--warp" in err


def test_a_server_without_a_model_names_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_BASE_URL", "")  # put back in the end, whatever the command sets
    code, _, err = invoke("ask", "hello", "--base-url", "http://127.0.0.1:9/v1")
    process_settings.cache_clear()
    assert code == 2
    assert "--llm" in err
    assert "--base-url" in err


@pytest.mark.parametrize(
    ("option", "value"), [("--mode", "fast"), ("--select", "dice"), ("--top-k", "0"), ("--top-k", "99")]
)
def test_a_wrong_option_is_named_with_what_is_valid(option: str, value: str) -> None:
    code, out, err = invoke("ask", "hello", option, value)
    assert (code, out) == (2, "")
    assert option in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_doctor_finds_the_running_python() -> None:
    code, out, _ = invoke("doctor", "--json")
    checks = {check["what"]: check for check in json.loads(out)["checks"]}
    assert code == 0
    assert checks["Python"]["state"] == "ok"
    assert checks["Python"]["detail"] == ".".join(map(str, sys.version_info[:3]))


def test_eval_hands_its_options_to_the_benchmark(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    code, _, err = invoke("eval", "--data", str(tmp_path / "empty.jsonl"))
    assert code == 2
    assert "holds no samples" in err


def test_a_file_is_made_again_wherever_its_input_lies(workspace: Path) -> None:
    code, out, _ = invoke("ask", "Show me its outlines.", "-i", str(ROOT / "examples" / "notice.png"), "--json")
    made = json.loads(out)["results"][0]["files"][0]
    assert code == 0
    code, out, err = invoke("replay", made)
    assert (code, Path(out.strip()).read_bytes()) == (0, Path(made).read_bytes())
    assert "same to the last bit" in err
    code, _, err = invoke("replay", "missing.png")
    assert (code, err) == (2, "Nothing tells how missing.png was made; name a file that a task has made.\n")
