"""What the wording tells of the options of added task types, alone and in whole plans."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph import offline
from graph.offline.options import arguments, stated
from graph.offline.reading import read
from tools import extras
from tools.models import catalog
from tools.tasks import TASKS, Slot, TaskType


def option(name: str, note: str = "", schema: dict[str, Any] | None = None, *, many: bool = False) -> Slot:
    return Slot(name, "text", required=False, many=many, note=note, schema=schema)


LANGUAGES = {"type": "string", "enum": ["English", "French", "German"]}
SIZE = option("size", "a number from 1 to 32; of a block", {"type": "number", "minimum": 1, "maximum": 32})
COUNT = option("n_colours", "a whole number", {"type": "integer"})
LANGUAGE, SOURCE, TARGET = (option(name, "", LANGUAGES) for name in ("language", "source", "target"))
MODE = option("mode", "", {"enum": ["x", "y"]})
PARTS = option("parts", "", {"enum": ["head", "tail", "feet"]}, many=True)
BORDER = option("add_border", "", {"type": "boolean"})
ENDING = option("ending")


@pytest.mark.parametrize(
    ("request_", "slots", "said"),
    [
        ("Pixelate this with blocks of 8", [SIZE], {"size": "8"}),
        ("Pixelate this with size 12, in German", [SIZE, LANGUAGE], {"size": "12", "language": "German"}),
        ("Pixelate this by 5 in french", [SIZE, LANGUAGE], {"size": "5", "language": "French"}),
        ("Reduce sea.png to 5 colours and size 9", [COUNT, SIZE], {"n_colours": "5", "size": "9"}),
        ("Reduce it to five colours", [COUNT], {"n_colours": "5"}),
        ("From English to French", [SOURCE, TARGET], {"source": "English", "target": "French"}),
        ("Use 4px blocks", [SIZE], {"size": "4"}),
        ("Size 99, please", [SIZE], {"size": "99"}),  # the plan's check says why not
        ("Take 2 cats and 3 dogs", [SIZE], {}),
        ("It was in 2024", [SIZE], {}),
        ("Ask 'in German with size 5'", [SIZE, LANGUAGE], {}),
        ("Open sea5.png", [SIZE], {}),
        ("Frenchmen like it", [LANGUAGE], {}),
        ("Take the x-ray", [MODE], {}),
        ("Take mode y", [MODE], {"mode": "y"}),
        ("Show head and feet", [PARTS], {"parts": ["head", "feet"]}),
        ("With a border", [BORDER], {"add_border": "true"}),
        ("Without any border", [BORDER], {"add_border": "false"}),
        ("Put 'hello' into latin with the ending 'oy'", [ENDING], {"ending": "oy"}),
        ("Put 'hello' into latin", [ENDING], {}),
    ],
)
def test_what_a_request_plainly_says_fills_its_slot(request_: str, slots: list[Slot], said: dict[str, Any]) -> None:
    type_ = TaskType("it", "do it", tuple(slots), ("text",))
    assert arguments(type_, stated(type_, read(request_, ["sea.png", "sea5.png"]))) == said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # an empty file of tools serves them all
@given(st.text("sizeblocksin0123456789.,-+% 'French", max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    type_ = TaskType("it", "do it", (SIZE, COUNT, LANGUAGE, PARTS, BORDER, ENDING), ("text",))
    statements = stated(type_, read(text))
    assert all(text[statement.start : statement.end] for statement in statements)


async def test_an_option_is_no_task_of_its_own_and_its_text_no_input(gradio_url: str) -> None:
    await extras.add(gradio_url, only=["greet", "pixelate"])
    await extras.add("tests.tools.extras.functions:pig_latin")

    def planned(request: str, *files: str) -> list[tuple[str, dict[str, Any]]]:
        return [(task.task, task.args) for task in offline.plan(request, files, catalog.offered()).tasks]

    assert planned("Greet 'Ann' in French, loud, 3 times")[0] == (
        "greet",
        {"name": "Ann", "language": "French", "loud": "true", "times": "3"},
    )
    assert planned("Greet 'Ann'") == [("greet", {"name": "Ann"})]
    both = planned("Pixelate sea.png with blocks of 4 and show its edges", "sea.png")
    assert both[0] == ("pixelate", {"image": "sea.png", "size": "4"})
    assert [name for name, _ in both] == ["pixelate", "canny-control"]
    assert planned("Put 'hello world' into pig latin with the ending 'oy'") == [
        ("pig-latin", {"text": "hello world", "ending": "oy"})
    ]


@pytest.mark.xfail(strict=True, reason="'loud' is heard as a wish for speech, beside the tool that has it as an option")
async def test_a_tool_s_own_option_is_not_a_built_in_task_as_well(gradio_url: str) -> None:
    await extras.add(gradio_url, only="greet")
    draft = offline.plan("Greet 'Ann' in French, loud, 3 times", [], catalog.offered())
    assert [task.task for task in draft.tasks] == ["greet"]


async def test_the_number_left_over_in_a_clause_is_its_own_task_s(gradio_url: str, mcp_url: str) -> None:
    await extras.add(gradio_url, only="pixelate")
    await extras.add(mcp_url, only="knit")
    draft = offline.plan("Pixelate sea.png by 8 and knit 3 scarfs", ["sea.png"], catalog.offered())
    assert [task.args for task in draft.tasks] == [{"image": "sea.png", "size": "8"}, {"rows": "3"}]


async def test_a_number_that_must_be_given_is_asked_for(mcp_url: str) -> None:
    await extras.add(mcp_url, only="knit")
    draft = offline.plan("Knit a scarf", [], catalog.offered())
    assert draft.question == "Which rows should I use to knit a scarf? It takes a whole number."
    assert offline.plan("Knit a scarf of 3 rows, large", [], catalog.offered()).tasks[0].args == {
        "rows": "3",
        "size": "large",
    }
    assert TASKS["knit"].slots[1].schema == {"type": "string", "enum": ["small", "large"]}
