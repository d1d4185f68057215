"""The page speaks the language that the browser asks for."""

import pytest
from playwright.sync_api import Browser, expect

from app.page.layout import WELCOME
from graph.words import catalogue
from tests.browser.conftest import NOTICE, PATIENCE, arrive, ask, done, keep_picture
from tests.server.process import Server


@pytest.mark.parametrize(("locale", "language"), [("de-AT", "de"), ("es-MX", "es"), ("zh-CN", "zh"), ("fr-CA", "fr")])
def test_the_page_speaks_the_language_of_the_browser(
    chromium: Browser, server: Server, locale: str, language: str
) -> None:
    context = chromium.new_context(locale=locale, viewport={"width": 1280, "height": 900})
    page, known = arrive(context, server), catalogue(language)
    box = page.locator("#box textarea")
    expect(box).to_have_attribute("placeholder", known["Ask, and drop or paste files here"])
    expect(page.locator("#chat h2")).to_have_text(known[WELCOME].splitlines()[0].removeprefix("## "))
    page.get_by_role("button", name=known["Settings"]).click()
    expect(page.get_by_label(known["Models run"])).to_have_value(known["Wherever it can run"])
    ask(page, "Show me the outlines of this picture.", NOTICE)
    done(page, 1)
    expect(page.locator("#plan title").first).to_contain_text(known["done"])
    expect(page.get_by_text(known["How this was done"])).to_be_visible(timeout=PATIENCE)
    keep_picture(page, f"speaks-{language}")
    context.close()
