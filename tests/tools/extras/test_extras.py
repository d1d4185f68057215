"""The file of added tools and the commands that change it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from graph import offline
from tests.support import ROOT
from tools import extras
from tools.errors import ConfigError, ModelUnavailable
from tools.models import catalog
from tools.tasks import TASKS

HERE = "tests.tools.extras.functions"


def tools(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["tools", *args])
    return done.exit_code, done.output


async def test_a_name_that_is_taken_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="'translation' already"):
        await extras.add(f"{HERE}:mirror", name="translation")
    await extras.add(f"{HERE}:mirror")
    with pytest.raises(
        ConfigError, match="'mirror' already; give this one another name: --only mirror --name my-mirror"
    ):
        await extras.add(f"{HERE}:mirror")
    file.write_text(file.read_text().replace('name = "mirror"', 'name = "summarization"'))
    with pytest.raises(ConfigError, match="'summarization' already"):
        extras.load()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tools = [", "TOML"),
        ("tools = 3", "two pairs of brackets"),
        ('[[tools]]\nname = "x"', "tool 1: kind"),
        (
            '[[tools]]\nkind = "mcp"\nsource = "x"\nname = "x"\npurpose = "x"\ntoken = "hf_abc"',
            "never the token itself",
        ),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(file: Path, text: str, says: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=says) as error:
        extras.load()
    assert "hf_abc" not in str(error.value)


async def test_the_file_alone_is_enough_to_plan(file: Path) -> None:
    await extras.add(f"{HERE}:mirror")
    await extras.add(f"{HERE}:pig_latin")
    extras.load(file.parent / "none.toml")
    assert "mirror" not in catalog.offered()
    extras.load()
    assert {"mirror", "pig-latin"} <= set(catalog.offered())
    extras.remove("mirror")
    extras.load()
    assert "mirror" not in TASKS
    assert offline.plan("Put 'a b' into pig latin", [], catalog.offered()).tasks[0].task == "pig-latin"


async def test_comments_and_what_was_edited_stay(file: Path) -> None:
    file.write_text("# mine\n")
    for name in ("mirror", "pig_latin", "chirp"):
        await extras.add(f"{HERE}:{name}")
    _, first, second, third = file.read_text().split("[[tools]]\n")
    second = second.replace("put a text into", "turn a text into")
    file.write_text(f"# mine\n[[tools]]\n{first}\n# next\n[[tools]] # two\n{second}\n[[tools]]\n{third}\n# the end\n")
    extras.load()
    extras.remove("mirror")
    extras.remove("chirp")
    left = file.read_text()
    assert left.startswith("# mine\n")
    assert "# next\n[[tools]] # two" in left
    assert left.endswith("# the end\n")
    extras.load()
    assert TASKS["pig-latin"].purpose == "turn a text into pig latin"


@pytest.mark.parametrize("source", ["http://127.0.0.1:9/mcp", "http://127.0.0.1:9/", "/no/such/program --serve"])
async def test_a_source_that_is_not_there_is_told(source: str) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await extras.add(source)


def test_the_commands_add_list_and_remove(file: Path) -> None:
    code, said = tools("add", f"{HERE}:tint")
    assert (code, said.partition(":")[0]) == (0, "tint")
    assert "tone (one of warm, cold; what the light is like), strength? (a whole number from 1 to 9)" in said
    assert 'for example   hugginggpt ask "Tint the room, tone warm"' in said
    assert json.loads(tools("list", "--json")[1])["tools"][0]["source"] == f"{HERE}:tint"
    assert f"function {HERE}:tint" in tools("list")[1]
    assert tools("add", f"{HERE}:tint")[0] == 2
    assert tools("add", "x", "--kind", "magic")[0] == 2
    code, said = tools("remove", "tnt")
    assert (code, "did you mean 'tint'?" in said) == (2, True)
    assert tools("remove", "tint") == (0, "tint was removed.\n")
    assert tools("remove", "tint")[0] == 2
    assert "Nothing was added yet" in tools("list")[1]


def test_tools_of_a_server_are_chosen_by_their_names(mcp_url: str) -> None:
    code, said = tools("add", mcp_url, "--only", "vowels", "--only", "motto")
    assert (code, "vowels:" in said, "motto:" in said, "swatch" in said) == (0, True, True, False)
    code, said = tools("add", mcp_url, "--only", "vowel")
    assert (code, "offers no tool vowel; it has vowels, swatch" in said) == (2, True)
    code, said = tools("add", mcp_url, "--name", "all")
    assert (code, "choose one by --only" in said) == (2, True)


def test_a_variable_that_is_not_set_is_told_and_the_tool_not_offered(
    mcp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "opens-it")
    assert tools("add", mcp_url, "--only", "motto", "--header", "X-Key: ${MY_KEY}")[0] == 0
    assert "motto" in catalog.offered()
    monkeypatch.delenv("MY_KEY")
    assert "motto" not in catalog.offered()
    assert "not offered   the variable MY_KEY is not set" in tools("list")[1]
    code, said = tools("add", mcp_url, "--only", "vowels", "--token", "env:MY_KEY")
    assert (code, "the variable MY_KEY is not set; export it first" in said) == (2, True)


def test_doctor_tells_which_added_tools_cannot_be_reached(mcp_url: str, file: Path) -> None:
    tools("add", mcp_url, "--only", "motto")
    tools("add", f"{HERE}:mirror")
    file.write_text(file.read_text().replace(mcp_url, "http://127.0.0.1:9/mcp"))
    extras.load()
    checks = {row["what"]: row for row in json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)["checks"]}
    assert checks["tool http://127.0.0.1:9/mcp"]["state"] == "failing"
    assert checks["tool http://127.0.0.1:9/mcp"]["detail"] == "http://127.0.0.1:9/mcp does not answer"
    assert checks[f"tool {HERE}:mirror"]["state"] == "ok"


def test_the_example_of_the_docs_is_a_file_that_can_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    file.write_text(next(block for block in re.findall(r"```toml\n(.*?)```", page, re.S) if "[[tools]]" in block))
    monkeypatch.setenv("MY_TOKEN", "x")
    extras.load()
    drafted = offline.plan("Get the current weather for 'Oslo' in fahrenheit", [], catalog.offered())
    assert drafted.tasks[0].args == {"city": "Oslo", "unit": "fahrenheit"}


async def test_plans_are_checked_without_reading_files_on_the_event_loop(file: Path) -> None:
    await extras.add(f"{HERE}:tint")
    code = """
import asyncio
from tools import extras
from blockbuster import blockbuster_ctx
from tools.values import read

async def main():
    return read("7", extras.entries()["tint"].slots[1].json_schema)

with blockbuster_ctx():
    print(asyncio.run(main()))
"""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)  # noqa: S603, ASYNC221 - our own code, and a test has the loop to itself
    assert done.stdout == "7\n", done.stderr
