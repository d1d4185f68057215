"""Our own words are there in every language, and an answer is said in the language of its request."""

import ast
import json
import re
from collections.abc import Iterator

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from app.page import live
from app.page.cards import WHERE
from app.page.drawing import SYMBOLS
from app.page.layout import WELCOME
from app.page.scripts import DELETE, DELETE_ALL
from graph import advice, answer, by_rule, executor, graph
from graph.conversation import Request
from graph.offline import replies
from graph.planning import validation
from graph.spoken import language_of
from graph.words import LANGUAGES, catalogue, said
from tests.support import ROOT
from tools.models.catalog import offered
from tools.tasks import TASKS, Modality

OTHERS = [language for language in LANGUAGES if language != "en"]


def written() -> Iterator[str]:
    """Everything that the code says in words of its own."""
    for path in [*(ROOT / "app/page").glob("*.py"), *(ROOT / "graph").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.search(r"\b(word|say)$", ast.unparse(node.func)):
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and arg.value)


def kept() -> Iterator[str]:
    """What the code keeps in tables and constants, and says from there."""
    for type_ in TASKS.values():
        yield from (type_.title, type_.purpose[:1].upper() + type_.purpose[1:])
    yield from (words for ideas in [*advice.IDEAS.values(), advice.BARE] for _, words in ideas)
    yield from [*SYMBOLS, *WHERE.values(), WELCOME, DELETE, DELETE_ALL, live.BROKEN, live.NOT_KEPT]
    yield from [*advice.KINDS, answer.HOW, *answer.BECAME.values(), *executor.LACKS.values(), *replies.SMALL_TALK]
    yield from [*validation.WHICH.values(), *replies.ASPECTS]


def words() -> set[str]:
    return {*written(), *kept()} - {""}


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_all_our_words_and_no_others(language: str) -> None:
    assert set(catalogue(language)) == words()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_of_the_english_words(language: str) -> None:
    for english, spoken in catalogue(language).items():
        assert sorted(re.findall(r"{\w+}", spoken)) == sorted(re.findall(r"{\w+}", english)), spoken
        assert english.startswith("## ") == spoken.startswith("## "), spoken


REQUESTS = ROOT / "benchmarks/data/everyday"
NOTICE = str(ROOT / "examples/notice.png")


def requests(name: str) -> list[str]:
    return [json.loads(line)["request"] for line in (REQUESTS / f"{name}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(("name", "language"), [("dev.de", "de"), ("dev.es", "es"), ("dev.fr", "fr")])
def test_most_requests_are_answered_in_their_language_and_the_others_in_english(name: str, language: str) -> None:
    told = [language_of([HumanMessage(request)]) for request in requests(name)]
    assert set(told) <= {language, "en"}
    assert told.count(language) > 0.9 * len(told)


def test_no_request_in_english_is_answered_in_another_language() -> None:
    assert {language_of([HumanMessage(request)]) for request in requests("held")} == {"en"}


@pytest.mark.parametrize(
    ("request_", "language"),
    [
        ("请用中文总结这份文件 report.pdf", "zh"),
        ("What does 你好 mean, and who says it?", "en"),
        ("この画像を説明して", "en"),
        ("Read aloud: 'Die Katze schläft auf dem Sofa'", "en"),
        ("Che cosa c'è in questa immagine?", "en"),
        ("Hallo!", "de"),
        ("42", "en"),
    ],
)
def test_the_language_is_that_of_the_wish_and_not_of_what_it_quotes(request_: str, language: str) -> None:
    assert language_of([HumanMessage(request_)]) == language


def test_a_message_in_no_language_goes_on_in_that_of_the_one_before() -> None:
    before = [HumanMessage("Was soll ich jetzt mit dieser Datei tun?"), AIMessage("1. Dies\n2. Das")]
    assert language_of([*before, HumanMessage("2")]) == "de"
    assert language_of([*before, HumanMessage("Please read the text of this picture")]) == "en"


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_offered_instead_can_be_done_when_it_is_asked_for_in_these_words(language: str) -> None:
    given: dict[Modality, list[str]] = {kind: [f"given.{END[kind]}"] for kind in advice.IDEAS}
    ideas = [(name, words, given[kind]) for kind, listed in advice.IDEAS.items() for name, words in listed]
    for name, words, files in [*ideas, *((name, words, []) for name, words in advice.BARE)]:
        spoken = said(language, words)
        draft = by_rule.drafted(Request(spoken, files, [], HumanMessage(spoken)), offered())
        assert [task.task for task in draft.tasks] == [name], spoken


END: dict[Modality, str] = {"image": "png", "audio": "wav", "video": "mp4", "table": "csv", "text": "txt"}


async def answered(*said: str) -> AIMessage:
    state = await graph.ainvoke({"messages": list(map(HumanMessage, said)), "resources": [NOTICE]}, context=OFFLINE)
    return state["messages"][-1]


OFFLINE = {"llm": "offline"}


@pytest.mark.parametrize(
    ("request_", "said", "how"),
    [
        ("Drehe das Bild um und zeichne die Umrisse dieses Bildes", "**Kanten (", "**Wie**\n\n- 0 "),
        ("Dessine les contours de cette image et trouve les visages", "**Contours (", "**Comment**\n\n- 0 "),
        ("Dibuja los bordes de la imagen y encuentra las caras", "**Bordes (", "**Cómo**\n\n- 0 "),
    ],
)
async def test_an_answer_is_framed_in_the_language_of_its_request(request_: str, said: str, how: str) -> None:
    told = (await answered(request_)).text
    words, workflow = answer.parted(told)
    assert said in words
    assert how in told
    assert workflow.startswith("- 0 ")
    assert "**" not in workflow


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("Beschreibe mir bitte dieses schöne Bild", "braucht ein Modell. So bekommen Sie eines: setzen Sie HF_TOKEN"),
        ("¿Me puedes describir esta imagen?", "requiere un modelo. Para tener uno: defina HF_TOKEN"),
        ("Peux-tu me décrire cette image ?", "demande un modèle. Pour en avoir un : définissez HF_TOKEN"),
        ("描述这张图片", "需要模型。"),
    ],
)
async def test_what_cannot_be_done_is_said_in_the_language_of_the_request(request_: str, said: str) -> None:
    told = await answered(request_)
    assert said in told.text
    assert told.response_metadata["choices"]
    assert not set(told.response_metadata["choices"]) & {words for _, words in advice.IDEAS["image"]}
