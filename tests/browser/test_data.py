"""What a visitor has is theirs to take along and to delete, from the page."""

import zipfile
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.server import keys
from tests.browser.conftest import (
    NOTICE,
    PATIENCE,
    arrive,
    ask,
    at_rest,
    begin_anew,
    done,
    keep_picture,
    sign_in,
    start_page,
)
from tests.server.process import Server


def test_all_conversations_and_files_are_exported_and_deleted(
    page: Page, server: Server, visitor: BrowserContext
) -> None:
    before = holding(server.folder, NOTICE.read_bytes())  # other visitors'
    ask(page, "Show me the edges of this picture; the word is plugh-forever", NOTICE)
    done(page, 1)
    begin_anew(page)
    ask(page, "Is the tone of 'What a lovely plugh-forever' positive?")
    done(page, 1)
    page.get_by_text("All conversations and files").click()
    with page.expect_download() as taking:
        page.click("#export")
    with zipfile.ZipFile(taking.value.path()) as archive:
        names = archive.namelist()
        assert sum(name.startswith("conversations/") for name in names) == 2
        assert any(name.endswith("edges.png") for name in names)
        assert archive.read(next(name for name in names if "/uploads/" in name)) == NOTICE.read_bytes()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("#delete-all")
    expect(page.locator("#history label")).to_have_count(2)
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#delete-all")
    expect(page.locator("#history")).to_be_hidden(timeout=PATIENCE)
    expect(page.get_by_text("All is deleted.")).to_be_visible()
    assert holding(server.folder, NOTICE.read_bytes()) <= before
    again = arrive(visitor, server)
    expect(again.locator("#chat .message")).to_have_count(0)


def holding(folder: Path, content: bytes) -> set[Path]:
    """The files that a visitor sent or was shown, wherever the server may keep them."""
    kept = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size == len(content)]
    return {path for path in kept if path.read_bytes() == content}


def test_whoever_keeps_too_much_is_told_so_in_the_chat(chromium: Browser, tmp_path: Path) -> None:
    key = keys.add(tmp_path / "keys.json", "ann")
    server = start_page(tmp_path, HUGGINGGPT_KEYS=str(tmp_path / "keys.json"), HUGGINGGPT_MAX_KEPT="45000")
    visitor = chromium.new_context()
    try:
        page = visitor.new_page()
        page.goto(f"{server.url}/app/")
        sign_in(page, key)
        ask(page, "Show me the edges of this picture.", NOTICE)
        done(page, 1)
        page.reload()
        done(page, 1)
        ask(page, "Is the tone of 'What a lovely day' positive?")
        expect(page.locator("#chat")).to_contain_text("Your files take up", timeout=PATIENCE)
        at_rest(page)
        page.set_input_files("#box input[type=file]", [NOTICE])
        page.wait_for_timeout(3000)
        keep_picture(page, "too-much")
        page.get_by_text("All conversations and files").click()
        page.once("dialog", lambda dialog: dialog.accept())
        page.click("#delete-all")
        expect(page.get_by_text("All is deleted.")).to_be_visible(timeout=PATIENCE)
        ask(page, "Is the tone of 'What a lovely day' positive?")
        done(page, 1)
    finally:
        visitor.close()
        server.stop()
