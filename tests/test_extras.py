"""Task types that the owner adds: functions, MCP tools and Gradio apps, through the tools and the whole graph."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from app.cli import app
from graph import graph, offline
from graph.state import Result
from tests import strangers
from tools import TOOLS, catalog, extras, media
from tools.errors import ConfigError, InputError, ModelError, ModelTimeout, ModelUnavailable
from tools.extras.schema import parameter, told
from tools.settings import override, settings
from tools.tasks import TASKS

ROOT = Path(__file__).parent.parent
NOTICE = str(ROOT / "examples" / "notice.png")
STDIO = f"env PYTHONPATH={ROOT} {sys.executable} -m tests.strangers stdio"


@pytest.fixture(autouse=True)
def file(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty file of tools, private addresses allowed, and the task table put back afterwards."""
    before = dict(TASKS)
    monkeypatch.setenv("HUGGINGGPT_EXTRAS", "tools.toml")
    monkeypatch.setenv("HUGGINGGPT_ENDPOINT_TIMEOUT", "30")
    settings.cache_clear()
    Image.new("RGB", (64, 48), "navy").save("sea.png")
    yield workspace / "tools.toml"
    extras.load(workspace / "none.toml")
    for name in list(TOOLS):
        if name not in before:
            del TOOLS[name]
    assert before == TASKS


@pytest.fixture(scope="module")
def mcp_url() -> Iterator[str]:
    with strangers.listening("mcp") as url:
        yield url


@pytest.fixture(scope="module")
def gradio_url() -> Iterator[str]:
    with strangers.listening("gradio") as url:
        yield url


async def ask(request: str, *files: str) -> tuple[list[Result], str]:
    given: Any = {"messages": [("user", request)], "resources": list(files)}
    state = await graph.ainvoke(given, context={"llm": "offline"})  # type: ignore[arg-type]  # a dict is coerced
    return state.get("results") or [], state["messages"][-1].text


async def test_a_function_with_a_docstring_becomes_a_task_type() -> None:
    (entry,) = await extras.add("tests.strangers:pig_latin")
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


async def test_type_hints_tell_modalities_and_results_have_provenance() -> None:
    await extras.add("tests.strangers:mirror")
    assert TASKS["mirror"].slots[0].modality == "image"
    results, _ = await ask("Mirror this picture and show its outlines", "sea.png")
    assert [each.task for each in results] == ["mirror", "canny-control"]
    made = Path(results[0].files[0])
    about = json.loads(made.with_suffix(".json").read_text())
    assert (about["task"], about["model"], about["backend"]) == ("mirror", "tests.strangers:mirror", "extra")
    assert about["inputs"]["image"]["file"] == "sea.png"


async def test_arguments_arrive_in_the_types_that_the_function_wants() -> None:
    await extras.add("tests.strangers:chirp")
    assert TASKS["chirp"].outputs == ("audio",)
    assert TASKS["chirp"].slots[1].note == "one of sine, square"
    message = await TOOLS["chirp"].ainvoke(
        {"type": "tool_call", "id": "1", "name": "chirp", "args": {"seconds": "0.5"}}
    )
    assert message.artifact["files"][0].endswith(".wav")
    with pytest.raises(InputError, match="a number: 'long' is not of type 'number'"):
        await TOOLS["chirp"].ainvoke({"seconds": "long"})


async def test_several_pictures_go_in_and_come_out() -> None:
    await extras.add("tests.strangers:collage")
    row = TASKS["collage"]
    assert (row.slots[0].many, row.slots[0].modality, row.outputs) == (True, "image", ("image", "text"))
    call = {"type": "tool_call", "id": "1", "name": "collage", "args": {"images": ["sea.png", "sea.png"]}}
    made = (await TOOLS["collage"].ainvoke(call)).artifact
    sizes = [media.image(Path(path)).size for path in made["files"]]
    assert sizes == [(128, 48), (64, 24)]
    assert made["data"] == {"caption": "", "made": "by hand"}


async def test_arguments_whose_names_mean_something_here_get_others() -> None:
    await extras.add("tests.strangers:describe", name="gearbox")
    assert [slot.name for slot in TASKS["gearbox"].slots] == [
        "model_value",
        "config_value",
        "self_value",
        "schema_value",
    ]
    args = {"model_value": "T4", "config_value": '{"gears": 5}', "self_value": "3", "schema_value": "yes"}
    message = await TOOLS["gearbox"].ainvoke({"type": "tool_call", "id": "1", "name": "gearbox", "args": args})
    assert message.artifact["data"] == {"model": "T4", "config": {"gears": 5}, "self": 3, "schema": True}


@pytest.mark.parametrize(
    ("name", "schema", "modality", "note"),
    [
        ("text", {"type": "string"}, "text", ""),
        ("input_image", {"type": "string"}, "image", ""),
        ("photo_url", {"type": "string", "description": "of a cat"}, "image", "of a cat"),
        ("clip", {"type": "string", "contentMediaType": "audio/wav"}, "audio", ""),
        ("notes", {"type": "string", "contentMediaType": "application/pdf"}, "text", ""),
        ("image_style", {"type": "string"}, "text", ""),
        ("image", {"type": "string", "enum": ["small", "large"]}, "text", "one of small, large"),
        ("video", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "text", "a whole number"),
        (
            "size",
            {"type": "number", "minimum": 1, "maximum": 32, "description": "of a block"},
            "text",
            "a number from 1 to 32; of a block",
        ),
        ("rate", {"type": ["number", "null"], "exclusiveMinimum": 0}, "text", "a number, above 0"),
        ("mode", {"$ref": "#/$defs/Mode", "$defs": {"Mode": {"enum": ["a", "b"]}}}, "text", "one of a, b"),
        ("deep", {"$ref": "#/$defs/D", "$defs": {"D": {"type": "object"}}}, "text", "a JSON object"),
        ("away", {"$ref": "https://example.com/schema.json"}, "text", ""),
        ("several", {"anyOf": [{"type": "integer"}, {"type": "array", "items": {}}]}, "text", "JSON"),
    ],
)
def test_a_json_schema_tells_modality_and_kind(name: str, schema: dict[str, Any], modality: str, note: str) -> None:
    read = parameter(name, schema, required=True)
    assert (read.modality, read.slot().note) == (modality, note)


@pytest.mark.parametrize(
    ("about", "makes"),
    [
        ("Returns a picture of the sea.", "image"),
        ("Make music and return the audio.", "audio"),
        ("Tells what an image shows.", None),
        ("Creates a short video", "video"),
    ],
)
def test_a_description_tells_the_medium_that_is_made(about: str, makes: str | None) -> None:
    assert told(about) == makes


async def test_what_a_function_raises_is_told_in_one_line() -> None:
    await extras.add("tests.strangers:explode")
    with pytest.raises(ModelError, match="explode failed: RuntimeError: no x"):
        await TOOLS["explode"].ainvoke({"text": "x"})


async def test_a_call_outlasts_its_time_and_is_given_up() -> None:
    await extras.add("tests.strangers:sleep")
    override(endpoint_timeout=0.2)
    with pytest.raises(ModelTimeout, match=r"0\.2 s"):
        await TOOLS["sleep"].ainvoke({"text": "x"})


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("tests.strangers:undocumented", "no docstring"),
        ("tests.strangers:nothing", "cannot be imported"),
        ("no_such_module:nothing", "cannot be imported"),
        ("tests.strangers:EXAMPLE", "not a function"),
        ("https://key:secret@example.com/mcp", "leave keys out"),
    ],
)
async def test_a_source_that_cannot_be_used_is_told_why(source: str, says: str, file: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        await extras.add(source)
    assert not file.exists()


async def test_a_name_that_is_taken_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="'translation' already"):
        await extras.add("tests.strangers:mirror", name="translation")
    await extras.add("tests.strangers:mirror")
    with pytest.raises(ConfigError, match="'mirror' already"):
        await extras.add("tests.strangers:mirror")
    file.write_text(file.read_text().replace('name = "mirror"', 'name = "summarization"'))
    with pytest.raises(ConfigError, match="'summarization' already"):
        extras.load()


@pytest.mark.parametrize(
    ("text", "says"),
    [("tools = [", "TOML"), ("tools = 3", "two pairs of brackets"), ('[[tools]]\nname = "x"', "tool 1: kind")],
)
def test_a_wrong_file_is_told_in_one_sentence(file: Path, text: str, says: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=says):
        extras.load()


async def test_the_file_alone_is_enough_to_plan_and_comments_in_it_stay(file: Path) -> None:
    file.write_text("# mine\n")
    await extras.add("tests.strangers:mirror")
    await extras.add("tests.strangers:pig_latin")
    extras.load(file.parent / "none.toml")
    assert "mirror" not in catalog.offered()
    extras.load()
    assert {"mirror", "pig-latin"} <= set(catalog.offered())
    extras.remove("mirror")
    assert file.read_text().startswith("# mine")
    extras.load()
    assert "mirror" not in TASKS
    assert offline.plan("Put 'a b' into pig latin", [], catalog.offered()).tasks[0].task == "pig-latin"


async def test_the_tools_of_an_mcp_server_that_a_command_starts() -> None:
    found = await extras.add(STDIO)
    assert {entry.name for entry in found} == {"vowels", "swatch", "brightness", "refuse", "motto"}
    results, answer = await ask("Count the vowels of 'banana bread'")
    assert [(each.task, each.text) for each in results] == [("vowels", "5")]
    assert "5" in answer
    results, _ = await ask("Read this and count its vowels", NOTICE)
    assert [(each.task, each.status) for each in results] == [("image-to-text", "done"), ("vowels", "done")]
    assert (await ask("What is the motto?"))[0][0].text == "Small is beautiful."


async def test_the_tools_of_an_mcp_server_that_listens(mcp_url: str) -> None:
    await extras.add(mcp_url)
    assert TASKS["swatch"].outputs == ("image",)
    assert TASKS["brightness"].slots[0].modality == "image"
    results, _ = await ask("Make a swatch of 'teal'")
    with Image.open(results[0].files[0]) as picture:
        assert (picture.size, picture.getpixel((0, 0))) == ((32, 8), (0, 128, 128))
    results, _ = await ask("Measure the brightness of sea.png", "sea.png")
    assert results[0].data == {"brightness": 15}


async def test_an_error_of_an_mcp_tool_is_a_failed_task(mcp_url: str) -> None:
    await extras.add(mcp_url, only="refuse", name="decline")
    assert "vowels" not in TASKS
    results, answer = await ask("Decline 'this'")
    assert [(each.task, each.status) for each in results] == [("decline", "failed")]
    assert results[0].error == "decline refused: Error executing tool refuse"
    assert "failed" in answer


async def test_a_gradio_app_becomes_task_types(gradio_url: str) -> None:
    await extras.add(gradio_url)
    row = TASKS["pixelate"]
    assert (row.purpose, row.outputs) == ("pixelate a picture", ("image", "text"))
    assert [(slot.name, slot.modality, slot.required) for slot in row.slots] == [
        ("image", "image", True),
        ("size", "text", False),
    ]
    results, answer = await ask("Pixelate sea.png", "sea.png")
    assert (results[0].task, results[0].status, results[0].text) == ("pixelate", "done", "blocks of 8")
    assert results[0].files[0] in answer
    results, _ = await ask("Whisper 'HELLO'")
    assert results[0].text == "hello"
    with pytest.raises(ModelError, match="cannot whisper that"):
        await TOOLS["whisper"].ainvoke({"text": "fail"})


@pytest.mark.parametrize("source", ["http://127.0.0.1:9/mcp", "http://127.0.0.1:9/", "/no/such/program --serve"])
async def test_a_source_that_is_not_there_is_told(source: str) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await extras.add(source)


def test_the_commands_add_list_and_remove(file: Path) -> None:
    def tools(*args: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["tools", *args])
        return done.exit_code, done.output

    code, said = tools("add", "tests.strangers:pig_latin")
    assert (code, said.partition(":")[0]) == (0, "pig-latin")
    assert json.loads(tools("list", "--json")[1])["tools"][0]["source"] == "tests.strangers:pig_latin"
    assert "function tests.strangers:pig_latin" in tools("list")[1]
    assert tools("add", "tests.strangers:pig_latin")[0] == 2
    assert tools("add", "x", "--kind", "magic")[0] == 2
    assert tools("remove", "pig-latin") == (0, "pig-latin was removed.\n")
    assert tools("remove", "pig-latin")[0] == 2
    assert "Nothing was added yet" in tools("list")[1]
