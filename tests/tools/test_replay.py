"""What a file's provenance is good for: the same file again, or a sentence that says why not."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import EXAMPLES
from tools import TOOLS
from tools.errors import InputError
from tools.files.artifacts import record_of
from tools.replay import replay

pytestmark = pytest.mark.usefixtures("workspace")


async def made(name: str, **args: object) -> Path:
    message = await TOOLS[name].ainvoke({"type": "tool_call", "id": "1", "name": name, "args": args})
    return Path(message.artifact["files"][0])


@pytest.fixture
def notice(workspace: Path) -> Path:
    copy = workspace / "notice.png"
    copy.write_bytes((EXAMPLES / "notice.png").read_bytes())
    return copy


async def test_a_picture_is_made_again_to_the_last_bit(notice: Path) -> None:
    edges = await made("canny-control", image=str(notice))
    again = await replay(edges)
    assert again.same
    assert again.difference == 0
    assert again.file != str(edges)
    assert Path(again.file).read_bytes() == edges.read_bytes()
    assert again.revision[0] == again.revision[1]


async def test_speech_is_made_again_from_its_words() -> None:
    again = await replay(await made("text-to-speech", text="Hello there."))
    assert again.difference is not None
    assert again.difference < 5  # espeak's own noise goes on from one call to the next


async def test_what_was_changed_since_is_measured(notice: Path) -> None:
    edges = await made("canny-control", image=str(notice))
    darker = Image.fromarray((np.asarray(Image.open(edges).convert("L")) // 2).astype("uint8"))
    darker.save(edges)
    facts = json.loads(record_of(edges).read_text()) | {"sha256": "0" * 64}
    record_of(edges).write_text(json.dumps(facts))
    again = await replay(edges)
    assert not again.same
    assert again.difference is not None
    assert 0 < again.difference < 100


async def test_a_changed_or_missing_input_is_told(notice: Path) -> None:
    edges = await made("canny-control", image=str(notice))
    Image.open(notice).rotate(1).save(notice)
    with pytest.raises(InputError, match=r"notice\.png, of which it was made, has changed"):
        await replay(edges)
    notice.unlink()
    with pytest.raises(InputError, match=r"notice\.png, of which it was made, is gone"):
        await replay(edges)


@pytest.mark.parametrize("record", [None, "", "{}", '{"task": "canny-control"}'])
async def test_a_file_without_provenance_is_refused(notice: Path, record: str | None) -> None:
    if record is not None:
        record_of(notice).write_text(record)
    with pytest.raises(InputError, match="how notice"):
        await replay(notice)
