"""Whatever text reaches the page, it stays text, and nothing is loaded from anywhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NOTICE, PATIENCE, Elsewhere, ask, at_rest, begin_anew, done, look_closer
from tests.browser.doings import EVIL, SCRIPT


@pytest.fixture
def watched(page: Page, elsewhere: Elsewhere) -> Iterator[Page]:
    """The page; in the end nothing that was written has run, and nobody else has been asked for anything."""
    page.evaluate("window.hit = false")
    yield page
    page.wait_for_timeout(500)
    assert page.evaluate("window.hit") is False
    assert elsewhere.asked == []


def test_what_a_user_writes(watched: Page) -> None:
    ask(watched, f"Is the tone of '<img src=x onerror=window.hit=true> {SCRIPT} I am happy' positive?")
    done(watched, 1)
    begin_anew(watched)
    watched.locator("#history label").first.click()
    expect(watched.locator("#chat")).to_contain_text("I am happy", timeout=PATIENCE)
    ask(watched, f"{EVIL} {SCRIPT}")
    expect(watched.locator("#chat .message.bot")).to_have_count(2, timeout=PATIENCE)
    at_rest(watched)


def test_what_a_model_writes(watched: Page) -> None:
    ask(watched, "Vandalise 'this text'.")
    done(watched, 1)
    expect(watched.locator("#chat")).to_contain_text("this text")
    look_closer(watched)
    expect(watched.locator("#results textarea")).to_have_value(f"this text {EVIL} {SCRIPT}")


def test_why_a_task_failed(watched: Page) -> None:
    ask(watched, "Shatter 'this vase' into pieces.")
    expect(watched.locator("#plan .node.failed")).to_have_count(1, timeout=PATIENCE)
    at_rest(watched)
    expect(watched.locator("#chat")).to_contain_text("would not break")
    look_closer(watched)
    expect(watched.locator("#results")).to_contain_text("would not break")


def test_the_name_of_a_file(watched: Page, tmp_path: Path) -> None:
    picture = tmp_path / "<img src=x onerror=window.hit=true>.png"
    picture.write_bytes(NOTICE.read_bytes())
    ask(watched, "Show me the outlines of this picture.", picture)
    done(watched, 1)
    expect(watched.locator("#given")).to_be_visible()


PICTURE = """async () => await new Promise(told => {
    const picture = new Image();
    picture.onload = () => told('loaded');
    picture.onerror = () => told('refused');
    picture.src = 'http://elsewhere.example/x.png';
})"""


def test_the_page_may_not_ask_elsewhere_even_if_it_tries(watched: Page) -> None:
    assert watched.evaluate(PICTURE) == "refused"


def test_any_other_page_could(chromium: Browser, elsewhere: Elsewhere) -> None:
    page = chromium.new_page()  # so that the tests above prove something
    assert page.evaluate(PICTURE) == "loaded"
    assert elsewhere.asked.pop() == "/x.png"
    page.close()
