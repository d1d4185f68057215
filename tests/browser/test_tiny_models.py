"""What local models find and make, shown as people like it: real pipelines of tiny random weights behind the page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import EXAMPLES, PATIENCE, arrive, ask, done, keep_picture, look_closer, start_page
from tests.server.process import Server
from tests.support import tiny

MODELS = ("image-classification", "image-segmentation", "text-to-video")
ENTRY = '[[models]]\ntask = "{task}"\nmodel = "{folder}"\nprefer = true\n'


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server with tiny models as the owner's own."""
    folder = tmp_path_factory.mktemp("tiny")
    entries = [ENTRY.format(task=task, folder=tiny.build(task, folder / "models")) for task in MODELS]
    (folder / "models.toml").write_text("\n".join(entries), encoding="utf-8")
    server = start_page(folder, HUGGINGGPT_STEPS="2", HUGGINGGPT_DOWNLOAD="never")
    yield server
    server.stop()


@pytest.fixture
def results(visitor: BrowserContext, local: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of that server; what it looked like at the end is kept."""
    page = arrive(visitor, local)
    yield page
    keep_picture(page, request.node.name)


def test_classes_are_shown_as_bars(results: Page) -> None:
    ask(results, "Classify this image.", EXAMPLES / "astronaut.jpg")
    done(results, 1)
    expect(results.locator("#plan")).to_contain_text("local")
    look_closer(results)
    expect(results.locator("#results .confidence-set")).to_have_count(2, timeout=PATIENCE)  # a cat, a dog


def test_masks_lie_over_the_picture(results: Page) -> None:
    ask(results, "Segment this image.", EXAMPLES / "astronaut.jpg")
    done(results, 1)
    look_closer(results)
    expect(results.locator("#results").get_by_text("Before and after")).to_have_count(2, timeout=PATIENCE)


def test_a_film_can_be_played(results: Page) -> None:
    ask(results, "Make a video of a ship at sea.")
    done(results, 1)
    player = results.locator("#chat video")
    expect(player).to_be_visible(timeout=PATIENCE)
    results.wait_for_function("document.querySelector('#chat video').duration > 0", timeout=PATIENCE)
