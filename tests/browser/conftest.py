"""The real page in a real browser: Chromium, headless, against the development server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from benchmarks.chromium import LAUNCH, MISSING, PATH
from tests.server.process import Server, start_dev

SCREENS = Path(__file__).parents[2] / ".screenshots"
PATIENCE = 30_000  # milliseconds; the machine may be busy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server as `make serve` starts it."""
    server = start_page(tmp_path_factory.mktemp("page"))
    yield server
    server.stop()


def start_page(folder: Path, port: int = 0, graph: str = "") -> Server:
    """The server with the page."""
    env = {"HUGGINGGPT_PAGE": "true", "GRADIO_ANALYTICS_ENABLED": "False"}
    return start_dev(folder, "--allow-blocking", port=port, graph=graph, **env)


@pytest.fixture(scope="module")  # its event loop runs as long as it lives, and asynchronous tests need it gone
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each test has a profile of its own."""
    if not PATH:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """A person's browser, with nothing in it yet."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(visitor: BrowserContext, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, open; what it looked like at the end is kept in .screenshots."""
    page = arrive(visitor, server)
    yield page
    SCREENS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENS / f"{request.node.name}.png", full_page=True)


def arrive(visitor: BrowserContext, server: Server) -> Page:
    """Open the page in a new tab and wait until it can be used."""
    page = visitor.new_page()
    page.goto(f"{server.url}/app")
    expect(page.locator("#box textarea")).to_be_enabled(timeout=PATIENCE)
    return page


def ask(page: Page, request: str, *files: Path) -> None:
    """Type a request, attach files and send it by the keyboard."""
    if files:
        page.set_input_files("#box input[type=file]", list(files))
        expect(page.locator("#box .thumbnail-item")).to_have_count(len(files), timeout=PATIENCE)
    page.fill("#box textarea", request)
    page.press("#box textarea", "Enter")
