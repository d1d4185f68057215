"""Task types from Python functions, through the tools and the whole graph."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.tools.extras import functions
from tests.tools.extras.conftest import Ask, Call
from tools import TOOLS, extras
from tools.errors import ConfigError, InputError, ModelError, ModelTimeout, ModelUnavailable
from tools.files import media
from tools.settings import override
from tools.tasks import TASKS

HERE = "tests.tools.extras.functions"


async def test_a_function_with_a_docstring_becomes_a_task_type(ask: Ask) -> None:
    (entry,) = await extras.add(f"{HERE}:pig_latin")
    row = TASKS["pig-latin"]
    assert row == entry.row()
    assert row.purpose == "put a text into pig latin"
    assert [(slot.name, slot.required, slot.note) for slot in row.slots] == [
        ("text", True, "the words to change"),
        ("ending", False, ""),
    ]
    results, answer = await ask("Put 'hello world' into pig latin")
    assert [(each.task, each.text) for each in results] == [("pig-latin", "ellohay orldway")]
    assert "ellohay orldway" in answer


async def test_type_hints_tell_modalities_and_results_have_provenance(ask: Ask) -> None:
    await extras.add(f"{HERE}:mirror")
    assert TASKS["mirror"].slots[0].modality == "image"
    results, _ = await ask("Mirror this picture and show its outlines", "sea.png")
    assert [each.task for each in results] == ["mirror", "canny-control"]
    made = Path(results[0].files[0])
    about = json.loads(made.with_suffix(".json").read_text())
    assert (about["task"], about["model"], about["backend"]) == ("mirror", f"{HERE}:mirror", "extra")
    assert about["inputs"]["image"]["file"] == "sea.png"


async def test_arguments_arrive_in_the_types_that_the_function_wants(call: Call) -> None:
    await extras.add(f"{HERE}:chirp")
    assert TASKS["chirp"].outputs == ("audio",)
    assert TASKS["chirp"].slots[1].note == "one of sine, square"
    assert (await call("chirp", seconds="0.5"))["files"][0].endswith(".wav")
    with pytest.raises(InputError, match="seconds takes a number: 'long' is not of type 'number'"):
        await call("chirp", seconds="long")


async def test_a_coroutine_function_that_is_stopped_ends(call: Call) -> None:
    await extras.add(f"{HERE}:wait")
    calling = asyncio.create_task(call("wait", text="long"))
    assert await asyncio.to_thread(functions.WAITS.wait, 30)
    assert not functions.WAITED.is_set()
    calling.cancel()
    assert await asyncio.to_thread(functions.WAITED.wait, 30)


async def test_a_langchain_tool_is_a_function_too_and_its_docstring_tells_of_the_arguments(call: Call) -> None:
    await extras.add(f"{HERE}:tint")
    assert [(slot.name, slot.required, slot.note) for slot in TASKS["tint"].slots] == [
        ("tone", True, "one of warm, cold; what the light is like"),
        ("strength", False, "a whole number from 1 to 9"),
        ("note", False, "what to write beside it"),
    ]
    assert (await call("tint", tone="warm", strength=7))["text"] == "WARM 7 None"
    with pytest.raises(InputError, match="10 is greater than the maximum of 9"):
        await call("tint", tone="warm", strength="10")


async def test_several_pictures_go_in_and_come_out(call: Call) -> None:
    await extras.add(f"{HERE}:collage")
    row = TASKS["collage"]
    assert (row.slots[0].many, row.slots[0].modality, row.outputs) == (True, "image", ("image", "text"))
    made = await call("collage", images=["sea.png", "sea.png"])
    assert [media.image(Path(path)).size for path in made["files"]] == [(128, 48), (64, 24)]
    assert made["data"] == {"caption": "", "made": "by hand"}


async def test_arguments_whose_names_mean_something_here_get_others(call: Call) -> None:
    await extras.add(f"{HERE}:describe", name="gearbox")
    names = ["model_value", "config_value", "self_value", "schema_value"]
    assert [slot.name for slot in TASKS["gearbox"].slots] == names
    made = await call("gearbox", model_value="T4", config_value='{"gears": 5}', self_value="3", schema_value="yes")
    assert made["data"] == {"model": "T4", "config": {"gears": 5}, "self": 3, "schema": True}


async def test_what_a_function_raises_is_told_in_one_line(call: Call) -> None:
    await extras.add(f"{HERE}:explode")
    with pytest.raises(ModelError, match="explode failed: RuntimeError: no x"):
        await call("explode", text="x")


async def test_a_call_outlasts_its_time_and_is_given_up(call: Call) -> None:
    await extras.add(f"{HERE}:sleep")
    override(endpoint_timeout=0.2)
    with pytest.raises(ModelTimeout, match=r"0\.2 s"):
        await call("sleep", text="x")


async def test_a_function_that_has_changed_since_is_told(call: Call, file: Path) -> None:
    await extras.add(f"{HERE}:whistle")
    file.write_text(file.read_text().replace('"pitch"', '"volume"'))
    extras.load()
    with pytest.raises(ModelUnavailable, match=r"has changed .* from \(volume: integer\) to \(pitch: integer\)"):
        await call("whistle", volume="3")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (f"{HERE}:undocumented", "no docstring"),
        (f"{HERE}:nothing", "cannot be imported"),
        ("no_such_module:nothing", "cannot be imported"),
        (f"{HERE}:EXAMPLE", "not a function"),
    ],
)
async def test_a_function_that_cannot_be_used_is_told_why(source: str, says: str, file: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        await extras.add(source)
    assert not file.exists()


async def test_an_agent_sees_the_schema_of_every_argument() -> None:
    await extras.add(f"{HERE}:tint")
    fields = TOOLS["tint"].tool_call_schema.model_json_schema()["properties"]  # type: ignore[union-attr]  # a model
    assert fields["tone"]["enum"] == ["warm", "cold"]
    assert fields["strength"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 9}


def test_a_function_that_never_returns_keeps_no_program_from_ending(workspace: Path) -> None:
    code = """
import asyncio
from tools import TOOLS, extras
from tools.errors import ModelTimeout

async def main():
    await extras.add("forever:wait")
    try:
        await TOOLS["wait"].ainvoke({})
    except ModelTimeout as error:
        print(error)

asyncio.run(main())
"""
    (workspace / "forever.py").write_text('import time\ndef wait() -> str:\n    """Wait."""\n    time.sleep(600)\n')
    env = os.environ | {"PYTHONPATH": str(ROOT), "HUGGINGGPT_ENDPOINT_TIMEOUT": "0.5"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)  # noqa: S603 - ours
    assert done.stdout == "wait took longer than 0.5 s.\n", done.stderr
