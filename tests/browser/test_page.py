"""What people do on the page, done in a real browser."""

import json
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE, arrive, ask, start_page
from tests.server.process import Server, free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTICE = EXAMPLES / "notice.png"


def done(page: Page, count: int) -> None:
    """Wait until so many nodes of the plan are done."""
    expect(page.locator("#plan .node.done")).to_have_count(count, timeout=PATIENCE)
    expect(page.locator("#stop")).to_be_hidden(timeout=PATIENCE)


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
    page.get_by_text("Results one by one").click()
    results = page.locator("#results")
    expect(results.get_by_text("Before and after")).to_be_visible()
    results.get_by_text("How canny-control").click()
    expect(results).to_contain_text("sha256")
    with page.expect_download() as download:
        results.get_by_role("button", name="Download canny-control").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


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


def test_two_browsers_never_see_each_others_conversations_or_files(
    page: Page, chromium: Browser, server: Server
) -> None:
    ask(page, "Show me the outlines of this picture.", NOTICE)
    done(page, 1)
    link = page.locator("#files a").first.get_attribute("href")
    assert link
    other = chromium.new_context()
    stranger = arrive(other, server)
    expect(stranger.locator("#history")).to_be_hidden()
    expect(stranger.locator("#files")).to_be_hidden()
    stranger.evaluate(
        "thread => localStorage.setItem('hugginggpt-conversation', thread)",
        page.evaluate("localStorage.getItem('hugginggpt-conversation')"),
    )
    stranger.reload()
    expect(stranger.locator("#box textarea")).to_be_enabled(timeout=PATIENCE)
    expect(stranger.locator("#chat")).not_to_contain_text("outlines")
    other.close()


def test_a_file_that_is_not_what_it_says_is_refused_in_a_sentence(page: Page, tmp_path: Path) -> None:
    fake = tmp_path / "picture.png"
    fake.write_text("not a picture", encoding="utf-8")
    page.set_input_files("#box input[type=file]", fake)
    page.wait_for_timeout(500)
    page.fill("#box textarea", "Show me the outlines.")
    page.press("#box textarea", "Enter")
    expect(page.get_by_text("is not an image although it is named .png")).to_be_visible(timeout=PATIENCE)


def test_what_cannot_be_done_here_is_said(page: Page) -> None:
    ask(page, "Compose a symphony for me")
    expect(page.locator("#chat")).to_contain_text("Here I can", timeout=PATIENCE)
    expect(page.locator("#plan .node")).to_have_count(0)


def test_nothing_that_a_user_writes_becomes_markup(page: Page) -> None:
    page.evaluate("window.hit = false")
    nasty = "Is the tone of '<img src=x onerror=window.hit=true><script>window.hit=true</script> I am happy' positive?"
    ask(page, nasty)
    done(page, 1)
    page.wait_for_timeout(500)
    assert page.evaluate("window.hit") is False


def test_the_page_works_on_a_phone_and_in_the_dark(chromium: Browser, server: Server) -> None:
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = arrive(phone, server)
    expect(page.locator("#box")).to_be_in_viewport(timeout=PATIENCE)
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.close()


def test_a_new_conversation_starts_empty_and_the_old_one_can_be_reopened(page: Page) -> None:
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    page.click("#new")
    expect(page.locator("#chat")).not_to_contain_text("I am happy", timeout=PATIENCE)
    page.locator("#history label").first.click()
    expect(page.locator("#chat")).to_contain_text("I am happy", timeout=PATIENCE)


def test_a_verdict_on_an_answer_is_kept(page: Page, server: Server) -> None:
    ask(page, "Is the tone of 'I am happy' positive?")
    done(page, 1)
    page.get_by_role("button", name="Dislike").click()
    expect(page.get_by_text("Thank you.")).to_be_visible(timeout=PATIENCE)
    kept = [line for file in server.folder.rglob("feedback.jsonl") for line in file.read_text("utf-8").splitlines()]
    assert [json.loads(line)["score"] for line in kept] == [0]


def test_it_can_be_used_by_the_keyboard_alone(visitor: BrowserContext, server: Server) -> None:
    page = arrive(visitor, server)
    expect(page.locator("#box textarea")).to_be_focused(timeout=PATIENCE)
    page.keyboard.type("Is the tone of 'I am happy' positive?")
    page.keyboard.press("Enter")
    done(page, 1)
