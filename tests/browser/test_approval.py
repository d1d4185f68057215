"""A plan waits for a person's word, where it was asked to."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import NOTICE, PATIENCE, ask, done


def test_a_plan_is_approved_only_when_asked_for(page: Page) -> None:
    page.get_by_text("Settings").click()
    page.check("#approve input")
    ask(page, "Show me the outlines of this picture.", NOTICE)
    expect(page.locator("#approval").first).to_contain_text("canny-control", timeout=PATIENCE)
    expect(page.locator("#plan .node.done")).to_have_count(0)
    page.click("#run")
    done(page, 1)


def test_a_plan_can_be_edited_before_it_runs(page: Page) -> None:
    page.get_by_text("Settings").click()
    page.check("#approve input")
    ask(page, "Show me the outlines of this picture.", NOTICE)
    editor = page.locator("#approval .cm-content").first
    expect(editor).to_contain_text("canny-control", timeout=PATIENCE)
    editor.fill(editor.inner_text().replace("canny-control", "mlsd-control"))
    page.click("#run")
    done(page, 1)
    expect(page.locator("#plan .node")).to_contain_text("mlsd-control")


def test_a_rejected_plan_runs_nothing(page: Page) -> None:
    page.get_by_text("Settings").click()
    page.check("#approve input")
    ask(page, "Show me the outlines of this picture.", NOTICE)
    page.click("#reject")
    expect(page.locator("#chat")).to_contain_text("Nothing was run", timeout=PATIENCE)
    expect(page.locator("#plan .node.done")).to_have_count(0)
