"""Tools of MCP servers, of one that listens and one that a command starts, through the tools and the whole graph."""

import os
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.support import EXAMPLES
from tests.tools.extras.conftest import STDIO, Ask, Call
from tests.tools.extras.listening import listening
from tools import extras, progress
from tools.errors import BadOutput, ConfigError, InputError, ModelError, ModelTimeout, ModelUnavailable
from tools.settings import override
from tools.tasks import TASKS


async def test_the_tools_of_a_server_that_a_command_starts(ask: Ask) -> None:
    found = await extras.add(STDIO)
    assert {"vowels", "swatch", "brightness", "refuse", "motto"} <= {entry.name for entry in found}
    results, answer = await ask("Count the vowels of 'banana bread'")
    assert [(each.task, each.text) for each in results] == [("vowels", "5")]
    assert "5" in answer


async def test_the_tools_of_a_server_that_listens(mcp_url: str, ask: Ask) -> None:
    await extras.add(mcp_url)
    assert TASKS["swatch"].outputs == ("image",)
    assert TASKS["brightness"].slots[0].modality == "image"
    results, _ = await ask("Make a swatch of 'teal'")
    with Image.open(results[0].files[0]) as picture:
        assert (picture.size, picture.getpixel((0, 0))) == ((32, 8), (0, 128, 128))
    results, _ = await ask("Measure the brightness of sea.png", "sea.png")
    assert results[0].data == {"brightness": 15}
    assert (await ask("What is the motto?"))[0][0].text == "Small is beautiful."


async def test_an_older_server_of_events_is_asked_as_it_wants(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "s3cret-value")
    with listening("mcp_app", SSE="1", DEMANDS="Bearer s3cret-value") as url:
        await extras.add(f"{url}sse", only="vowels", token="env:MY_TOKEN")  # noqa: S106 - a variable's name
        assert (await call("vowels", text="aeb"))["text"] == "2"


async def test_what_an_image_says_feeds_an_added_tool(mcp_url: str, ask: Ask) -> None:
    await extras.add(mcp_url, only="vowels")
    results, _ = await ask("Read this and count its vowels", str(EXAMPLES / "notice.png"))
    assert [(each.task, each.status) for each in results] == [("image-to-text", "done"), ("vowels", "done")]


async def test_an_error_of_a_tool_is_a_failed_task(mcp_url: str, ask: Ask) -> None:
    await extras.add(mcp_url, only="refuse", name="decline")
    assert "vowels" not in TASKS
    results, answer = await ask("Decline 'this'")
    assert [(each.task, each.status) for each in results] == [("decline", "failed")]
    assert results[0].error == "decline refused: Error executing tool refuse"
    assert "failed" in answer


async def test_progress_becomes_steps(mcp_url: str, call: Call) -> None:
    await extras.add(mcp_url, only="knit")
    steps: list[tuple[int, int]] = []
    progress.listener.set(lambda step, of: steps.append((step, of)))
    assert (await call("knit", rows="3", size="LARGE"))["text"] == "a large scarf of 3 rows"
    assert steps == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("kind", "text", "files"),
    [
        ("text", "Dear all", 0),
        ("picture", "image", 1),
        ("link", "Good morning from the server", 0),
        ("lie", "no picture", 0),
    ],
)
async def test_every_kind_of_content_is_read(mcp_url: str, call: Call, kind: str, text: str, files: int) -> None:
    await extras.add(mcp_url, only="letter")
    made = await call("letter", kind=kind)
    assert (made["text"], len(made["files"])) == (text, files)


async def test_a_resource_is_read_through_the_server_and_never_from_this_machine(mcp_url: str, call: Call) -> None:
    await extras.add(mcp_url, only="letter")
    with pytest.raises(ModelError, match="Unknown resource: file:///etc/hostname"):
        await call("letter", kind="file")


async def test_a_picture_may_come_as_a_link_but_from_no_private_address(mcp_url: str, call: Call) -> None:
    await extras.add(mcp_url, only="poster")
    with pytest.raises(BadOutput, match="gave no image"):
        await call("poster", link="no link")
    with pytest.raises(BadOutput, match=r"169\.254\.169\.254 is a private address"):
        await call("poster", link="see http://169.254.169.254/a.png ".removeprefix("see "))


async def test_too_long_an_answer_is_refused(mcp_url: str, call: Call) -> None:
    await extras.add(mcp_url, only="flood")
    with pytest.raises(BadOutput, match="more than 1,000,000 characters"):
        await call("flood", amount="300000")


async def test_a_body_that_is_too_large_is_not_read_to_its_end(mcp_url: str, call: Call) -> None:
    await extras.add(mcp_url, only="flood")
    override(max_bytes=200_000)
    with pytest.raises(BadOutput, match="gave more than 0 MB at once"):
        await call("flood", amount="100000")


async def test_arguments_are_checked_against_the_tool_s_schema(mcp_url: str, call: Call) -> None:
    await extras.add(mcp_url, only="swatch")
    with pytest.raises(InputError, match="width takes a whole number from 8 to 64: 4 is less than the minimum of 8"):
        await call("swatch", colour="red", width="4")


async def test_a_command_sees_only_the_variables_that_are_named_and_no_secret_comes_back(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRANGE_TOKEN", "very-secret-value")
    monkeypatch.setenv("OTHER_TOKEN", "another-secret")
    await extras.add(STDIO, only="echo_secret", env={"STRANGE_TOKEN": "${STRANGE_TOKEN}"})
    made = await call("echo-secret")
    assert made["data"] == {"secret": "[secret]", "other": None}
    assert "very-secret-value" not in str(made)


async def test_a_server_that_dies_in_mid_call_says_its_last_word(call: Call) -> None:
    await extras.add(STDIO, only="vanish")
    with pytest.raises(ModelUnavailable, match="ended by itself: I am gone for good"):
        await call("vanish")


async def test_a_server_that_hangs_is_given_up_and_its_process_ended(call: Call, workspace: Path) -> None:
    await extras.add(STDIO, only="hang")
    override(endpoint_timeout=5)
    begun = time.monotonic()
    with pytest.raises(ModelTimeout, match="took longer than 5 s"):
        await call("hang", pid_file=str(workspace / "pid"))
    assert time.monotonic() - begun < 12
    with pytest.raises(ProcessLookupError):
        os.kill(int((workspace / "pid").read_text()), 0)


async def test_a_tool_that_is_gone_or_takes_other_arguments_is_told(mcp_url: str, call: Call, file: Path) -> None:
    await extras.add(mcp_url, only="vowels")
    await extras.add(mcp_url, only="knit")
    file.write_text(file.read_text().replace('tool = "vowels"', 'tool = "consonants"').replace('"rows"', '"lines"'))
    extras.load()
    with pytest.raises(ModelUnavailable, match="no longer offers consonants; it has vowels"):
        await call("vowels", text="x")
    with pytest.raises(ModelUnavailable, match=r"from \(lines: integer, size\?: string\) to \(rows: integer"):
        await call("knit", lines="3")


async def test_a_server_that_demands_a_header_gets_it_from_the_environment(
    file: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening("mcp_app", DEMANDS="Bearer s3cret-value") as url:
        with pytest.raises(ConfigError, match="answers 401: name what opens it by --token env:MY_TOKEN"):
            await extras.add(f"{url}mcp")
        monkeypatch.setenv("MY_TOKEN", "wrong-value")
        with pytest.raises(ConfigError, match="answers 401: check what it is sent") as refused:
            await extras.add(f"{url}mcp", token="env:MY_TOKEN")  # noqa: S106 - a variable's name
        assert "wrong-value" not in str(refused.value)
        monkeypatch.setenv("MY_TOKEN", "s3cret-value")
        await extras.add(f"{url}mcp", only="motto", token="env:MY_TOKEN")  # noqa: S106 - a variable's name
        await extras.add(f"{url}mcp", only="vowels", headers={"Authorization": "Bearer ${MY_TOKEN}"})
        assert (await call("motto"))["text"] == "Small is beautiful."
        assert (await call("vowels", text="aeb"))["text"] == "2"
        assert "s3cret" not in file.read_text()
        monkeypatch.delenv("MY_TOKEN")
        with pytest.raises(ModelUnavailable, match="motto cannot be opened: the variable MY_TOKEN is not set"):
            await call("motto")


async def test_a_tool_that_takes_a_link_gets_the_link_itself(mcp_url: str, gradio_url: str, ask: Ask) -> None:
    await extras.add(mcp_url, only="visit")
    override(private_addresses=True)
    results, _ = await ask(f"Visit {gradio_url}config")
    assert [(each.task, each.text) for each in results] == [("visit", f"visited {gradio_url}config")]
