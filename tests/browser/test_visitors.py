"""Several people on the page at the same time."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE, arrive, ask, at_rest, start_page


def test_nobody_waits_for_anothers_request(chromium: Browser, tmp_path: Path) -> None:
    server = start_page(tmp_path, graph="benchmarks.support.waiting:graph")
    visitors = [chromium.new_context(), chromium.new_context()]
    try:
        first, second = (arrive(visitor, server) for visitor in visitors)
        ask(first, 'Summarize "600 s"')
        expect(first.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
        ask(second, 'Summarize "0.1 s"')
        expect(second.locator("#plan .node.done")).to_have_count(1, timeout=PATIENCE)
        expect(first.locator("#plan .node.running")).to_have_count(1)
        first.click("#box .stop-button")
        at_rest(first)
    finally:
        for visitor in visitors:
            visitor.close()
        server.stop()
