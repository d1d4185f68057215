"""Language models plan with added tools: what they are told of them, and what is said of values that do not fit."""

import json
from typing import Any

from langchain_core.messages import HumanMessage

from benchmarks.support.fakes import QueueChat
from graph.conversation import Request
from graph.offline import Draft
from graph.planning.author import author
from tools import extras
from tools.models import catalog


async def drafted(text: str, *plans: list[dict[str, Any]]) -> tuple[Draft, QueueChat]:
    model = QueueChat(answers=[json.dumps({"tasks": plan}) for plan in plans])
    request = Request(text, ["sea.png"], [], HumanMessage(text))
    return await author(request, catalog.offered(), model, "queue:test", lambda *_: None), model


async def test_a_model_is_told_what_each_argument_takes_and_where_its_plan_is_wrong(gradio_url: str) -> None:
    await extras.add(gradio_url, only=["pixelate", "greet"])
    draft, model = await drafted(
        "Pixelate it, and greet Ann.",
        [
            {"pixelate": {"image": "sea.png", "size": 64}},
            {"greet": {"name": "Ann", "language": "Klingon", "times": "many", "loud": "perhaps"}},
        ],
        [
            {"pixelate": {"image": "sea.png", "size": 16}},
            {"greet": {"name": "Ann", "language": "german", "times": 2, "extras": ["kiss", "bow"]}},
        ],
    )
    told, complaint = model.calls[0].messages[0].text, model.calls[1].messages[-1].text
    assert "(image, size?: number 1..32) -> image, text" in told
    assert "(name, language?: English|French|German, style?: plain|ornate, loud?: boolean, times?: integer 1..5" in told
    assert "Task 0 (pixelate): 'size': 64 is greater than the maximum of 32." in complaint
    assert "Task 1 (greet): 'language': 'Klingon' is not one of ['English', 'French', 'German']." in complaint
    assert "Task 1 (greet): 'times': 'many' is not of type 'integer'." in complaint
    assert "Task 1 (greet): 'loud': 'perhaps' is not of type 'boolean'." in complaint
    assert [task.args for task in draft.tasks] == [
        {"image": "sea.png", "size": "16"},
        {"name": "Ann", "language": "German", "times": "2", "extras": ["kiss", "bow"]},
    ]


async def test_a_missing_value_that_must_be_given_is_complained_of(mcp_url: str) -> None:
    await extras.add(mcp_url, only="knit")
    draft, model = await drafted("Knit a scarf.", [{"knit": {}}], [{"knit": {"rows": 3}}])
    assert "Task 0 (knit): it lacks its 'rows'." in model.calls[1].messages[-1].text
    assert draft.tasks[0].args == {"rows": "3"}
