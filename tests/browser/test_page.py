"""What people do on the page, done in a real browser."""

import json
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import NOTICE, PATIENCE, arrive, ask, done, keep_picture, look_closer
from tests.server.process import Server


def test_a_picture_is_read_aloud_and_its_plan_lights_up(page: Page) -> None:
    ask(page, "Read this notice aloud and show me its outlines.", NOTICE)
    expect(page.locator("#plan .node")).to_have_count(3, timeout=PATIENCE)
    done(page, 3)
    chat = page.locator("#chat")
    expect(chat).to_contain_text("Welcome to our garden!")
    expect(chat.locator("audio, [data-testid*=waveform], .waveform-container").first).to_be_attached()
    expect(page.locator("#timeline .bar.done")).to_have_count(3)


def test_results_show_before_and_after_and_where_each_file_came_from(page: Page) -> None:
    ask(page, "Show me the outlines of this picture.", NOTICE)
    done(page, 1)
    look_closer(page)
    results = page.locator("#results")
    expect(results.get_by_text("Before and after")).to_be_visible()
    results.get_by_text("How notice-edges").click()
    expect(results).to_contain_text("sha256")
    with page.expect_download() as download:
        results.get_by_role("button", name="Download notice-edges").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_done_here_is_said(page: Page) -> None:
    ask(page, "Compose a symphony for me")
    expect(page.locator("#chat")).to_contain_text("Here I can", timeout=PATIENCE)
    expect(page.locator("#plan .node")).to_have_count(0)


def test_the_page_works_on_a_phone_and_in_the_dark(chromium: Browser, server: Server) -> None:
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = arrive(phone, server)
    expect(page.locator("#box")).to_be_in_viewport(timeout=PATIENCE)
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    keep_picture(page, "phone")
    phone.close()


def test_a_verdict_on_an_answer_is_kept_with_its_reason(page: Page, server: Server) -> None:
    ask(page, "Show me the outlines of this picture.", NOTICE)  # an answer of words, a picture and words
    done(page, 1)
    page.get_by_role("button", name="Dislike").click()
    page.fill("#comment textarea", "It was too short.")
    page.press("#comment textarea", "Enter")
    expect(page.get_by_text("Thank you.", exact=True)).to_be_visible(timeout=PATIENCE)
    kept = [line for file in server.folder.rglob("feedback.jsonl") for line in file.read_text("utf-8").splitlines()]
    opinions = [(line["score"], line["comment"]) for line in map(json.loads, kept)]
    assert opinions == [(0, ""), (None, "It was too short.")]


def test_a_failed_task_is_told_and_the_rest_is_there(page: Page) -> None:
    ask(page, "Shatter 'this vase' into pieces and show me the outlines of this picture.", NOTICE)
    expect(page.locator("#plan .node.failed")).to_have_count(1, timeout=PATIENCE)
    done(page, 1)
    expect(page.locator("#chat")).to_contain_text("would not break")
    expect(page.locator("#made")).to_contain_text("edges")


def test_a_request_can_be_tried_again(page: Page) -> None:
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    page.get_by_role("button", name="Retry").click()
    done(page, 1)
    expect(page.locator("#chat .user-row")).to_have_count(1)  # the new answer takes the place of the old


def test_an_example_runs_with_one_click(page: Page) -> None:
    page.get_by_text("How many faces are in this picture?").click()
    done(page, 1)
    expect(page.locator("#chat")).to_contain_text("1 face")
    expect(page.locator("#given")).to_contain_text("astronaut")
    look_closer(page)
    expect(page.locator("#results")).to_contain_text("face")  # in the picture that can be pointed at


def test_settings_outlive_a_reload(page: Page) -> None:
    page.get_by_text("Settings").click()
    page.check("#approve input")
    page.fill("#controller input", "offline")
    page.press("#controller input", "Enter")
    page.reload()
    page.get_by_text("Settings").click()
    expect(page.locator("#approve input")).to_be_checked(timeout=PATIENCE)
    expect(page.locator("#controller input")).to_have_value("offline")


def test_it_can_be_used_by_the_keyboard_alone(visitor: BrowserContext, server: Server) -> None:
    page = arrive(visitor, server)
    expect(page.locator("#box textarea")).to_be_focused(timeout=PATIENCE)
    page.keyboard.type("Is the tone of 'I am happy' positive?")
    page.keyboard.press("Enter")
    done(page, 1)
