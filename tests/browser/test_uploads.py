"""Files get to the page in every way in which people bring them: dropped, pasted, spoken, several at once."""

import base64
import io
import wave
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.conftest import EXAMPLES, NOTICE, PATIENCE, ask, at_rest, done
from tests.server.process import Server
from tests.tools.files.test_resources import movie

DROP = """async ([name, type, content]) => {
    const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
    const dropped = new DataTransfer();
    dropped.items.add(new File([bytes], name, {type}));
    const box = document.querySelector('#box textarea');
    for (const kind of ['dragenter', 'dragover', 'drop'])
        box.dispatchEvent(new DragEvent(kind, {dataTransfer: dropped, bubbles: true, cancelable: true}));
}"""
COPY = """async content => {
    const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({'image/png': new Blob([bytes], {type: 'image/png'})})]);
}"""


def content(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def attached(page: Page, count: int) -> None:
    """Wait until so many files hang on the message that is being written."""
    expect(page.locator("#box .thumbnail-item")).to_have_count(count, timeout=PATIENCE)


def made(server: Server, page: Page, name: str) -> Path:
    """The one file of this name that the page lists as made."""
    link = page.locator(f'#made a[download^="{name}"]')
    expect(link).to_have_count(1, timeout=PATIENCE)
    (path,) = (server.folder / "outputs").rglob(str(link.get_attribute("download")))
    return path


def test_a_picture_is_dropped(page: Page) -> None:
    page.evaluate(DROP, ["notice.png", "image/png", content(NOTICE)])
    attached(page, 1)
    ask(page, "Show me the outlines of this picture.")
    done(page, 1)
    expect(page.locator("#given")).to_contain_text("notice")
    expect(page.locator("#made")).to_contain_text("notice-edges")


def test_a_picture_is_pasted_from_the_clipboard(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(COPY, content(NOTICE))
    page.focus("#box textarea")
    page.keyboard.press("Control+V")
    attached(page, 1)
    ask(page, "What does it say?")
    done(page, 1)
    expect(page.locator("#chat")).to_contain_text("Fresh lemonade")


def test_words_are_spoken_into_the_microphone(page: Page, server: Server) -> None:
    page.get_by_label("Record audio").click()
    page.get_by_label("Start recording").click()
    page.wait_for_timeout(2500)  # how long the fake microphone's beeps are recorded
    page.get_by_label("Stop recording").click()
    page.get_by_label("Attach audio").click()
    attached(page, 1)
    ask(page, "Remove the noise from this recording.")
    done(page, 1)
    with wave.open(io.BytesIO(made(server, page, "audio").read_bytes())) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
        assert sound.getnframes() / sound.getframerate() > 1  # seconds
    assert np.abs(samples).max() > 500  # the beeps are still there: it is not silent


def test_several_files_of_several_kinds_come_along_at_once(page: Page, tmp_path: Path) -> None:
    film = movie(tmp_path / "film.mp4", sound=True)
    files = [NOTICE, EXAMPLES / "harbour.pdf", EXAMPLES / "greeting.wav", film]
    ask(page, "Show me the outlines of the picture and summarize the document.", *files)
    done(page, 2)
    for name in ("notice", "harbour", "greeting", "film"):
        expect(page.locator("#given")).to_contain_text(name)
    expect(page.locator("#chat")).to_contain_text("harbour")


def test_a_file_too_many_can_be_taken_back(page: Page) -> None:
    page.set_input_files("#box input[type=file]", [NOTICE, EXAMPLES / "astronaut.jpg"])
    attached(page, 2)
    page.locator("#box .thumbnail-item button").last.click()
    attached(page, 1)
    ask(page, "Show me the outlines of this picture.")
    done(page, 1)
    expect(page.locator("#given .file")).to_have_count(1)


def test_a_file_that_is_not_what_it_says_is_refused_and_the_request_is_not_lost(page: Page, tmp_path: Path) -> None:
    fake = tmp_path / "picture.png"
    fake.write_text("not a picture", encoding="utf-8")
    ask(page, "Show me the outlines.", fake)
    expect(page.get_by_text("is not an image although it is named .png")).to_be_visible(timeout=PATIENCE)
    at_rest(page)
    expect(page.locator("#box textarea")).to_have_value("Show me the outlines.")
