import asyncio
import json
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx  # it comes with langgraph-api
from langchain.agents import create_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from PIL import Image
from pydantic import ValidationError

from tests.support import EXAMPLES
from tools import TOOLS
from tools.errors import InputError, ModelUnavailable, ResourceError
from tools.tasks import TASKS

pytestmark = pytest.mark.usefixtures("workspace")
NOTICE = str(EXAMPLES / "notice.png")


async def call(name: str, **args: object) -> ToolMessage:
    message = await TOOLS[name].ainvoke({"type": "tool_call", "id": "1", "name": name, "args": args})
    assert isinstance(message, ToolMessage)
    return message


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_a_tool_whose_schema_shows_its_slots_and_nothing_else(name: str) -> None:
    function = convert_to_openai_tool(TOOLS[name])["function"]
    assert function["name"] == name
    assert set(function["parameters"]["properties"]) == {slot.name for slot in TASKS[name].slots}
    assert set(function["parameters"].get("required", [])) == {slot.name for slot in TASKS[name].required}
    assert all(each["description"] for each in function["parameters"]["properties"].values())


async def test_a_result_says_what_was_made_by_what_and_is_plain_json() -> None:
    message = await call("canny-control", image=NOTICE)
    result = message.artifact
    assert json.loads(json.dumps(result)) == result
    made = {"text", "more", "whole", "data", "files"}
    assert set(result) == made | {"model", "revision", "backend", "device", "seconds"}
    assert (result["model"], result["backend"], result["device"]) == ("opencv/canny", "embedded", "cpu")
    (file,) = result["files"]
    assert message.content == f"[image saved as {file}]"
    facts = json.loads(Path(file).with_suffix(".json").read_text())
    assert facts["inputs"]["image"]["file"] == NOTICE
    assert len(facts["inputs"]["image"]["sha256"]) == 64
    assert {facts["task"], facts["model"], facts["revision"]} == {"canny-control", "opencv/canny", result["revision"]}


async def test_the_aspect_picks_the_classifier_and_a_name_wins_over_the_order() -> None:
    french = "C'est une journée magnifique pour une promenade au bord de la mer."
    assert (await call("text-classification", text=french, aspect="language")).content == "French"
    assert (await call("text-classification", text="What a lovely day!", aspect="sentiment")).content == "positive"
    named = await call("text-classification", text=french, model="langdetect", backend="embedded")
    assert named.artifact["model"] == "langdetect"


async def test_a_model_that_is_not_a_candidate_is_refused_with_those_that_are() -> None:
    with pytest.raises(ModelUnavailable, match=r"No model made/up .* choose among .*langdetect"):
        await call("text-classification", text="x", model="made/up")
    with pytest.raises(ModelUnavailable, match="for horoscope"):
        await call("text-classification", text="x", aspect="horoscope", backend="embedded")


async def test_a_text_slot_reads_a_document_and_takes_other_words_as_they_are() -> None:
    text = "C:\\new\\table is not a \"path\"; <resource-1> and {braces} stay, 'too'."
    spoken = await call("text-to-speech", text=text, language="en", backend="embedded")
    facts = json.loads(Path(spoken.artifact["files"][0]).with_suffix(".json").read_text())
    assert facts["inputs"] == {"text": text, "language": "en"}
    read = await call("text-classification", text=str(EXAMPLES / "harbour.pdf"), aspect="language")
    assert read.content == "English"


async def test_missing_empty_and_wrong_inputs_are_refused() -> None:
    with pytest.raises(ValidationError):
        await call("text-to-speech")
    with pytest.raises(InputError, match="needs its text"):
        await call("text-to-speech", text="  ")
    with pytest.raises(ResourceError, match="does not exist"):
        await call("canny-control", image="gone.png")
    with pytest.raises(ResourceError, match="is a table, but an image is needed"):
        await call("canny-control", image=str(EXAMPLES / "ferries.csv"))
    assert not Path("outputs").exists()


async def test_a_tool_also_works_without_async_even_while_a_loop_runs() -> None:
    message = TOOLS["text-classification"].invoke({"text": "What a lovely day!", "aspect": "sentiment"})
    assert message == "positive"


async def test_calls_at_the_same_time_keep_their_inputs_apart() -> None:
    for index in range(8):
        Image.new("RGB", (20 + index, 10), "white").save(f"{index}.png")
    messages = await asyncio.gather(*(call("hed-control", image=f"{index}.png") for index in range(8)))
    sizes = []
    for message in messages:
        with Image.open(message.artifact["files"][0]) as picture:
            sizes.append(picture.size)
    assert sizes == [(20 + index, 10) for index in range(8)]


class QueueModel(GenericFakeChatModel):
    """Says what is queued, and accepts tools."""

    def bind_tools(self, tools: object, **kwargs: object) -> "QueueModel":
        return self


@pytest.mark.slow
async def test_three_tools_serve_a_langchain_agent() -> None:
    def wants(name: str, **args: object) -> AIMessage:
        return AIMessage("", tool_calls=[{"name": name, "args": args, "id": name}])

    turns = [
        wants("image-to-text", image=NOTICE),
        wants("text-classification", text="Welcome! We are happy that you are here.", aspect="sentiment"),
        wants("mlsd-control", image=NOTICE),
        AIMessage("A friendly notice."),
    ]
    names = ("image-to-text", "text-classification", "mlsd-control")
    agent = create_agent(QueueModel(messages=iter(turns)), [TOOLS[name] for name in names])
    final = await agent.ainvoke({"messages": [("user", "What does the notice say, and how?")]})
    read, tone, lines = (message for message in final["messages"] if isinstance(message, ToolMessage))
    assert "Welcome to our garden!" in read.content
    assert tone.content == "positive"
    assert Path(lines.artifact["files"][0]).is_file()
    assert final["messages"][-1].content == "A friendly notice."


async def test_no_tool_blocks_the_event_loop() -> None:
    with blockbuster_ctx():
        await call("hed-control", image=NOTICE)
        await call("text-to-speech", text="Hello", backend="embedded")
        await call("text-classification", text=str(EXAMPLES / "harbour.pdf"), aspect="language")
        with pytest.raises(ResourceError):
            await call("image-to-text", image="data:image/png;base64,AAAA")


async def test_what_a_result_is_stands_once_in_its_name_however_often_it_is_changed() -> None:
    path, names = NOTICE, []
    for words in ("crop it to a square", "make it grey", "mirror it"):
        (path,) = (await call("image-to-image", image=path, text=words)).artifact["files"]
        names.append(Path(path).name)
    assert names == ["notice-changed-image.png", "notice-changed-image-2.png", "notice-changed-image-3.png"]
    (edges,) = (await call("canny-control", image=path)).artifact["files"]
    assert Path(edges).name == "notice-changed-image-3-edges.png"
