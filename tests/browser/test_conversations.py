"""Conversations are kept: over a reload, a restart, a closed page, a stop; and only for whose they are."""

import signal
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import NOTICE, PATIENCE, arrive, ask, at_rest, begin_anew, done, start_page
from tests.server.process import Server, free_port


def test_the_conversation_is_still_there_after_a_reload(page: Page) -> None:
    ask(page, "Is the tone of 'What a lovely day, I am so happy' positive?")
    done(page, 1)
    page.reload()
    expect(page.locator("#chat")).to_contain_text("What a lovely day", timeout=PATIENCE)
    expect(page.locator("#plan .node.done")).to_have_count(1)
    expect(page.locator("#history")).to_contain_text("What a lovely day")


def test_the_conversation_outlives_a_restart_of_the_server(visitor: BrowserContext, tmp_path: Path) -> None:
    port = free_port()  # where the browser will look again
    for words in ("I am happy", "I am sad"):
        server = start_page(tmp_path, port)
        try:
            page = arrive(visitor, server)
            ask(page, f"Is the tone of '{words}' positive?")
            done(page, 1)
            expect(page.locator("#chat")).to_contain_text("I am happy")
            page.close()
        finally:
            server.stop()


def test_a_new_conversation_starts_empty_and_the_old_one_can_be_reopened(page: Page) -> None:
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    begin_anew(page)
    expect(page.locator("#chat")).not_to_contain_text("I am happy", timeout=PATIENCE)
    page.locator("#history label").first.click()
    expect(page.locator("#chat")).to_contain_text("I am happy", timeout=PATIENCE)


def test_two_browsers_never_see_each_others_conversations_or_files(
    page: Page, chromium: Browser, server: Server
) -> None:
    ask(page, "Show me the outlines of this picture.", NOTICE)
    done(page, 1)
    other = chromium.new_context()
    stranger = arrive(other, server)
    expect(stranger.locator("#history")).to_be_hidden()
    expect(stranger.locator("#given")).to_be_hidden()
    expect(stranger.locator("#made")).to_be_hidden()
    stranger.evaluate(
        "thread => localStorage.setItem('hugginggpt-conversation', thread)",
        page.evaluate("localStorage.getItem('hugginggpt-conversation')"),
    )
    stranger.reload()
    expect(stranger.locator("#box textarea")).to_be_enabled(timeout=PATIENCE)
    expect(stranger.locator("#chat .message")).to_have_count(0)
    other.close()


def test_a_request_is_stopped_and_goes_on_later(page: Page) -> None:
    ask(page, "Echo 'hello' slowly and show me the outlines of this picture.", NOTICE)
    expect(page.locator("#plan .node.done")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator("#plan .node.running")).to_have_count(1)
    page.click("#box .stop-button")
    expect(page.get_by_text("What had finished is kept.").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#plan .node.cancelled")).to_have_count(1)
    expect(page.locator("#plan .node.done")).to_have_count(1)
    at_rest(page)
    page.click("#go-on")
    expect(page.locator("#plan .node.done")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
    page.click("#box .stop-button")
    at_rest(page)


def test_something_else_can_be_asked_after_a_stop(page: Page) -> None:
    ask(page, "Echo 'hello' slowly.")
    expect(page.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
    page.click("#box .stop-button")
    at_rest(page)
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    expect(page.locator("#chat")).to_contain_text("positive")
    expect(page.locator("#unfinished")).to_be_hidden()


def test_a_request_goes_on_when_its_page_is_closed(visitor: BrowserContext, server: Server) -> None:
    page = arrive(visitor, server)
    ask(page, "Echo 'hello' slowly and show me the outlines of this picture.", NOTICE)
    expect(page.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
    page.close()
    back = visitor.new_page()
    back.goto(f"{server.url}/app")
    expect(back.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
    expect(back.locator("#plan .node.done")).to_have_count(1, timeout=PATIENCE)
    expect(back.locator("#box .stop-button")).to_be_visible(timeout=PATIENCE)
    back.click("#box .stop-button")
    at_rest(back)


def test_one_conversation_can_be_read_while_another_runs(page: Page) -> None:
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    begin_anew(page)
    ask(page, "Echo 'hello' slowly.")
    expect(page.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
    page.locator("#history label").last.click()
    done(page, 1)
    expect(page.locator("#chat")).to_contain_text("I am happy")
    page.wait_for_timeout(1500)  # the running one would have drawn itself over this one
    expect(page.locator("#chat")).to_contain_text("I am happy")
    expect(page.locator("#plan")).not_to_contain_text("echo-slowly")
    page.locator("#history label").first.click()
    expect(page.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
    page.click("#box .stop-button")
    at_rest(page)


def test_a_request_cut_short_by_the_server_s_end_goes_on_after_its_restart(
    visitor: BrowserContext, tmp_path: Path
) -> None:
    port = free_port()
    server = start_page(tmp_path, port)
    try:
        page = arrive(visitor, server)
        ask(page, "Echo 'hello' slowly and show me the outlines of this picture.", NOTICE)
        expect(page.locator("#plan .node.done")).to_have_count(1, timeout=PATIENCE)
    finally:
        server.stop(signal.SIGKILL)
    page.close()
    server = start_page(tmp_path, port)
    try:
        page = arrive(visitor, server)
        expect(page.locator("#unfinished")).to_be_visible()
        page.click("#go-on")
        expect(page.locator("#plan .node.done")).to_have_count(1, timeout=PATIENCE)
        expect(page.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
        assert len(list((tmp_path / "outputs").rglob("*edges*.png"))) == 1  # what was done is not done again
        page.close()
    finally:
        server.stop(signal.SIGKILL)


def test_two_people_run_requests_at_once_and_each_sees_their_own(page: Page, chromium: Browser, server: Server) -> None:
    other = chromium.new_context()
    neighbour = arrive(other, server)
    ask(page, "Show me the outlines of this picture.", NOTICE)
    ask(neighbour, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    done(neighbour, 1)
    expect(page.locator("#plan .node")).to_contain_text("canny-control")
    expect(neighbour.locator("#plan .node")).to_contain_text("text-classification")
    expect(page.locator("#history label")).to_have_count(1)
    expect(neighbour.locator("#history label")).to_have_count(1)
    expect(neighbour.locator("#made")).to_be_hidden()
    other.close()
