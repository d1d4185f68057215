"""The page speaks the language that the browser likes best."""

import time
from datetime import datetime

import pytest

from app.page.words import Say, language_of


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("zh-CN", "zh"),
        ("en;q=0.3, es-419;q=0.9", "es"),
        ("pt, es;q=0", "en"),
        ("fr-CA, es;q=0.5", "fr"),
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
