"""The real page in a real browser: Chromium, headless, against the development server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from benchmarks.support.chromium import LAUNCH, MISSING, PATH
from tests.server.process import QUIET, Server, start_dev
from tests.support import EXAMPLES
from tests.support.loopback import running

SCREENS = Path(__file__).parents[2] / ".screenshots"
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # it hears beeps
NOTICE = EXAMPLES / "notice.png"
PATIENCE = 60_000  # milliseconds; the machine may be busy


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server as `make serve` starts it."""
    server = start_page(tmp_path_factory.mktemp("page"))
    yield server
    server.stop()


def start_page(folder: Path, port: int = 0, graph: str = "", **env: str) -> Server:
    """The server with the page and the task types of doings.py, which run unasked: they change nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "tools.toml"
    if not file.exists():
        for name in ("echo_slowly", "shatter", "vandalise"):
            command = [sys.executable, "-m", "app.cli.main", "tools", "add", f"tests.browser.doings:{name}"]
            subprocess.run(command, cwd=folder, env=os.environ | QUIET, check=True, timeout=60, capture_output=True)  # noqa: S603 - our own command
        told = file.read_text("utf-8").replace("[[tools]]\n", "[[tools]]\nread_only = true\n")
        file.write_text(told, "utf-8")
    env |= {"HUGGINGGPT_PAGE": "true", "GRADIO_ANALYTICS_ENABLED": "False"}
    return start_dev(folder, "--allow-blocking", port=port, graph=graph, **env)


@dataclass
class Elsewhere:
    """Somebody else's server, known to the browser as elsewhere.example, and what it was asked for."""

    port: int
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Elsewhere]:
    """A server that nobody should ever ask for anything."""
    picture = NOTICE.read_bytes()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(picture)

        def log_message(self, *_: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Answer)) as listener:
        found = Elsewhere(listener.server_port)
        yield found


@pytest.fixture(scope="module")  # its event loop runs as long as it lives, and asynchronous tests need it gone
def chromium(elsewhere: Elsewhere) -> Iterator[Browser]:
    """One browser for all tests; each test has a profile of its own."""
    assert PATH, MISSING
    with sync_playwright() as playwright:
        known = f"--host-resolver-rules=MAP elsewhere.example 127.0.0.1:{elsewhere.port}"
        args = [*LAUNCH["args"], *MICROPHONE, known]
        browser = playwright.chromium.launch(**LAUNCH | {"args": args})
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
    keep_picture(page, request.node.name)


def arrive(visitor: BrowserContext, server: Server) -> Page:
    """Open the page in a new tab and wait until it can be used."""
    page = visitor.new_page()
    page.goto(f"{server.url}/app")
    expect(page.locator("#box textarea")).to_be_enabled(timeout=PATIENCE)
    return page


def sign_in(page: Page, key: str) -> None:
    """Give the key on the page that asks for it."""
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#box textarea")).to_be_enabled(timeout=PATIENCE)


def ask(page: Page, request: str, *files: Path) -> None:
    """Type a request, attach files and send it by the keyboard."""
    if files:
        page.set_input_files("#box input[type=file]", list(files))
        expect(page.locator("#box .thumbnail-item")).to_have_count(len(files), timeout=PATIENCE)
    page.fill("#box textarea", request)
    page.press("#box textarea", "Enter")


def done(page: Page, count: int) -> None:
    """Wait until so many nodes of the plan are done and something new can be asked."""
    expect(page.locator("#plan .node.done")).to_have_count(count, timeout=PATIENCE)
    at_rest(page)


def at_rest(page: Page) -> None:
    """Wait until nothing runs: then something new can be sent, and nothing be stopped."""
    expect(page.locator("#box .submit-button")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#box .stop-button")).to_be_hidden(timeout=PATIENCE)


def begin_anew(page: Page) -> None:
    """Begin a new conversation, and see it begun: what is typed before that goes with the old one's text."""
    page.click("#new")
    expect(page.locator("#chat .message")).to_have_count(0, timeout=PATIENCE)


def look_closer(page: Page) -> None:
    """Open the details of the last request, and its results one by one."""
    page.locator("#workflow .toggle-button").click()
    page.get_by_text("Results one by one").click()


def keep_picture(page: Page, name: str) -> None:
    """Keep what the page looks like."""
    SCREENS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
