"""The command line on a real (pseudo) terminal."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import EXAMPLES, ROOT

pty = pytest.importorskip("pty", reason="terminals of this kind are a thing of Unix")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*3[0-7]m")


def on_a_terminal(tmp_path: Path, **environment: str) -> str:
    """Everything that the demo's request writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    request = f"Read {EXAMPLES / 'notice.png'} aloud and show me its outlines"
    command = [
        sys.executable,
        "-m",
        "app.cli.main",
        "ask",
        request,
        "--llm",
        "offline",
        "--how",
        "--out",
        str(tmp_path),
    ]
    surroundings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, env=surroundings)  # noqa: S603 - our own program
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait(60) == 0
    return written.decode()


@pytest.mark.slow
def test_progress_is_live_and_the_answer_is_readable(tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path)
    assert "\x1b[?25l" in shown, "the cursor hides while rows change"
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "and comes back"
    assert COLOUR.search(shown)
    words = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"^Welcome to our garden!\s*$", words, re.MULTILINE)
    assert "Timeline" in words


@pytest.mark.slow
def test_no_color_is_honoured(tmp_path: Path) -> None:
    assert not COLOUR.search(on_a_terminal(tmp_path, NO_COLOR="1"))
