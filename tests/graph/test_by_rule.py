"""Plans without a language model, as the graph makes them."""

import pytest
from langchain_core.messages import HumanMessage

from graph.by_rule import drafted
from graph.conversation import Request
from tests.support import EXAMPLES
from tools.tasks import TASKS

NOTICE = str(EXAMPLES / "notice.png")


@pytest.mark.parametrize(
    ("request_", "tasks"),
    [
        ("Crop it to a square and make it sepia, as JPEG", ["image-to-image"]),
        ("Sharpen it, brighten it and make it sepia", ["image-to-image"]),
        ("Mirror it and read it aloud", ["image-to-image", "image-to-text", "text-to-speech"]),
        ("Mirror this picture and show the outlines of the mirrored one", ["image-to-image", "canny-control"]),
        ("Turn it upside down, then tell me what it says", ["image-to-image", "image-to-text"]),
        ("did they charge me twice for the halloumi? heres the receipt", ["document-question-answering"]),
    ],
)
def test_changes_of_one_picture_are_made_at_once_and_nothing_else_is_taken_for_one(
    request_: str, tasks: list[str]
) -> None:
    draft = drafted(Request(request_, [NOTICE], [], HumanMessage(request_)), TASKS)
    assert sorted(task.task for task in draft.tasks) == sorted(tasks)
