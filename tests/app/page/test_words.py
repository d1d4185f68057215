"""The page's own words are there in every language, and the browser's language is the one that is spoken."""

import ast
import re
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from app.page import live
from app.page.cards import WHERE
from app.page.drawing import SYMBOLS
from app.page.layout import WELCOME
from app.page.scripts import DELETE, DELETE_ALL
from app.page.words import LANGUAGES, Say, catalogue, language_of
from tests.support import ROOT
from tools.tasks import TASKS

OTHERS = [language for language in LANGUAGES if language != "en"]


def written() -> Iterator[str]:
    """Everything that the page's code says in words of its own."""
    for path in (ROOT / "app/page").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.search(r"\b(word|say)$", ast.unparse(node.func)):
                yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and arg.value)


def words() -> set[str]:
    named = {type_.title for type_ in TASKS.values()} | {
        type_.purpose[:1].upper() + type_.purpose[1:] for type_ in TASKS.values()
    }
    return {*written(), *named, *SYMBOLS, *WHERE.values(), WELCOME, DELETE, DELETE_ALL, live.BROKEN, live.NOT_KEPT} - {
        ""
    }


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_all_words_of_the_page_and_no_others(language: str) -> None:
    assert set(catalogue(language)) == words()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_of_the_english_words(language: str) -> None:
    for english, said in catalogue(language).items():
        assert sorted(re.findall(r"{\w+}", said)) == sorted(re.findall(r"{\w+}", english)), said
        assert english.startswith("## ") == said.startswith("## "), said


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("zh-CN", "zh"),
        ("en;q=0.3, es-419;q=0.9", "es"),
        ("fr, es;q=0", "en"),
        ("", "en"),
        ("de;q=x, *;q=0.1", "en"),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_what_no_catalogue_has_is_said_in_english() -> None:
    assert Say("de")("Ahoy, {name}", name="{x}") == "Ahoy, {x}"


@pytest.mark.parametrize(("language", "said"), [("en", "Mar 9, 2020"), ("de", "9. März 2020"), ("zh", "2020年3月9日")])
def test_a_day_is_written_as_people_write_it_and_today_not_at_all(language: str, said: str) -> None:
    assert Say(language).day(datetime(2020, 3, 9, 12).timestamp()) == said
    assert Say(language).day(time.time()) == ""
