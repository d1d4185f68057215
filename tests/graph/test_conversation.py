"""What a conversation gives to plan with: text, files of this turn and of earlier ones, and no bytes in the state."""

import base64
import io
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from PIL import Image

from graph.conversation import read
from graph.state import Result, State
from tools.errors import InputError, ResourceError


@pytest.fixture
def pictures(workspace: Path) -> list[str]:
    for name in ("one.png", "two.png"):
        Image.new("RGB", (64, 64), "red").save(workspace / name)
    (workspace / "report.txt").write_text("All is well.")
    return ["one.png", "two.png"]


def state(*messages: AnyMessage, resources: list[str] | None = None, seen: int = 0) -> State:
    return {"messages": list(messages), "resources": resources or [], "seen": seen}


async def test_files_come_from_the_list_the_message_and_the_text(pictures: list[str]) -> None:
    block = {"type": "image_url", "image_url": {"url": "two.png"}}
    message = HumanMessage([{"type": "text", "text": "Compare them, then sum up report.txt."}, block])
    request = await read(state(message, resources=["one.png"]))
    assert sorted(Path(path).name for path in request.given) == ["one.png", "report.txt", "two.png"]


async def test_attached_bytes_go_to_disk_and_not_into_the_state(workspace: Path) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    message = HumanMessage(
        [{"type": "text", "text": "What is it?"}, {"type": "image", "mimeType": "image/png", "data": data}]
    )
    request = await read(state(message))
    assert len(request.given) == 1
    assert Path(request.given[0]).is_file()
    assert data not in str(request.message.content)
    assert request.message.id == message.id


async def test_files_of_earlier_turns_and_results_are_remembered(pictures: list[str]) -> None:
    made = Result(id=0, task="canny-control", status="done", files=["two.png"])
    before: State = {**state(HumanMessage("Now that one."), resources=["one.png"], seen=1), "results": [made]}
    request = await read(before)
    assert request.given == []
    assert request.previous == ["one.png", "two.png"]


async def test_a_bare_name_in_the_text_is_that_of_an_attached_or_earlier_file(workspace: Path) -> None:
    (workspace / "shop").mkdir()
    for name in ("a.png", "aa.png"):
        Image.new("RGB", (64, 64), "red").save(workspace / "shop" / name)
    attached, earlier = "shop/a.png", "shop/aa.png"
    asked = HumanMessage("Enlarge A.png, then aa.png.")
    request = await read(state(asked, resources=[earlier, attached], seen=1))
    assert sorted(request.given) == [attached, earlier]
    assert request.text == f"Enlarge {attached}, then {earlier}."
    assert request.previous == []


async def test_attached_bytes_go_by_the_name_that_they_came_with(workspace: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    data = f"data:image/png;name=my%20cat.png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    request = await read(state(HumanMessage('Enlarge "my cat.png".'), resources=[data]))
    assert len(request.given) == 1
    assert request.given[0] in request.text


async def test_a_name_for_the_result_is_no_file_to_be_read(pictures: list[str]) -> None:
    request = await read(state(HumanMessage("Draw a cat and save it as cat.png."), resources=["one.png"]))
    assert request.given == ["one.png"]


async def test_earlier_messages_are_the_history(pictures: list[str]) -> None:
    messages = [HumanMessage("Read one.png."), AIMessage("It is red."), HumanMessage("Say that in German.")]
    request = await read(state(*messages, seen=0))
    assert [message.text for message in request.history] == ["Read one.png.", "It is red."]
    assert request.text == "Say that in German."


async def test_an_empty_request_is_told(workspace: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        await read(state(HumanMessage("  ")))


async def test_no_message_is_told(workspace: Path) -> None:
    with pytest.raises(InputError, match="no request"):
        await read(state(AIMessage("hello")))


async def test_a_missing_file_is_named(workspace: Path) -> None:
    with pytest.raises(ResourceError, match=r"nowhere\.png does not exist"):
        await read(state(HumanMessage("Read nowhere.png.")))
