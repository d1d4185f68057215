"""A plan waits for a person's word, where it was asked to: one card a step."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import NOTICE, PATIENCE, ask, at_rest, done

BOTH = "Show me the outlines and the straight lines of this picture."


def asked_first(page: Page, request: str = BOTH) -> None:
    page.get_by_text("Settings").click()
    page.check("#approve input")
    ask(page, request, NOTICE)
    expect(page.locator("#run")).to_be_visible(timeout=PATIENCE)


def test_a_plan_is_shown_in_words_and_runs_only_when_it_may(page: Page) -> None:
    asked_first(page)
    expect(page.locator("#approval .card input[type=checkbox]")).to_have_count(2)
    expect(page.locator("#approval .card").first).to_contain_text("opencv/canny, built in")
    expect(page.locator("#approval").first).not_to_contain_text("inputs/")  # where files lie is nobody's business
    expect(page.locator("#plan .node.done")).to_have_count(0)
    page.click("#run")
    done(page, 2)


def test_a_step_that_is_crossed_out_does_not_run(page: Page) -> None:
    asked_first(page)
    page.locator("#approval .card input[type=checkbox]").first.uncheck()
    page.click("#run")
    done(page, 1)
    expect(page.locator("#plan .node")).to_contain_text("mlsd-control")


def test_the_words_of_a_step_can_be_changed(page: Page) -> None:
    asked_first(page, "Make this picture sepia.")
    page.locator("#approval .card textarea").fill("make it grey")
    page.click("#run")
    done(page, 1)
    expect(page.locator("#chat")).to_contain_text("Grey.")


def test_a_rejected_plan_runs_nothing(page: Page) -> None:
    asked_first(page)
    page.click("#reject")
    expect(page.locator("#chat")).to_contain_text("Nothing was run", timeout=PATIENCE)
    at_rest(page)
    expect(page.locator("#plan .node.done")).to_have_count(0)
