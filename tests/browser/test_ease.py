"""What makes the page easy: errors that are messages, typing meanwhile, picking instead of typing, for everybody."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import NOTICE, PATIENCE, ask, at_rest, begin_anew, done


def test_a_file_that_cannot_be_used_is_told_in_the_chat_and_blocks_nothing(page: Page, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    ask(page, "Summarise this.", tmp_path / "empty.txt")
    expect(page.locator("#chat")).to_contain_text("Not done. empty.txt", timeout=PATIENCE)
    expect(page.locator(".toast-body.error")).to_have_count(0)
    begin_anew(page)
    expect(page.locator("#box .thumbnail-item")).to_have_count(0, timeout=PATIENCE)  # the box is empty, too
    expect(page.locator("#box textarea")).to_have_value("")
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)


def test_the_next_request_can_be_typed_while_one_runs(page: Page) -> None:
    ask(page, "Echo 'this' slowly.")
    expect(page.locator("#box .stop-button")).to_be_visible(timeout=PATIENCE)
    page.locator("#box textarea").press_sequentially("Read it")
    page.locator("#box .stop-button").click()
    at_rest(page)
    expect(page.locator("#box textarea")).to_have_value("Read it")


def test_what_an_answer_offers_is_picked_with_a_click(page: Page) -> None:
    ask(page, "Remove the background", NOTICE)
    expect(page.locator("#chat")).to_contain_text("needs a model", timeout=PATIENCE)
    at_rest(page)
    page.get_by_role("button", name="Draw its edges").click()
    done(page, 1)


def test_a_conversation_is_renamed_and_deleted(page: Page) -> None:
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    page.get_by_text("This conversation").click()
    expect(page.locator("#title textarea, #title input")).to_have_value("Is the tone of 'I am happy' positive?")
    page.fill("#title textarea, #title input", "Moods")
    page.press("#title textarea, #title input", "Enter")
    expect(page.locator("#history")).to_contain_text("Moods", timeout=PATIENCE)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#delete")
    expect(page.locator("#history")).to_be_hidden(timeout=PATIENCE)


@pytest.mark.parametrize("request_", ["", "Is the tone of 'I am happy' positive?"])
def test_the_page_is_accessible(page: Page, request_: str) -> None:
    if request_:
        ask(page, request_)
        done(page, 1)
    found = Axe().run(page).response["violations"]
    serious = [
        (each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in {"serious", "critical"}
    ]
    assert not serious
