"""The page before two servers on one Postgres: whichever the browser reaches, it follows the one request that runs."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE, ask, done, keep_picture, sign_in
from tests.server.production import cluster
from tests.support.switch import switch


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_page_follows_a_request_that_another_process_runs(chromium: Browser, tmp_path: Path) -> None:
    with cluster(tmp_path, HUGGINGGPT_PAGE="true", GRADIO_ANALYTICS_ENABLED="False") as pair:
        first, second = (urlsplit(server.url).port or 0 for server in pair.servers)
        visitor = chromium.new_context()
        visitor.set_default_timeout(PATIENCE)
        with switch(first) as balancer:
            page = visitor.new_page()
            page.goto(f"{balancer.url}/app")
            sign_in(page, pair.ann)
            ask(page, 'Summarize "25 s, once"')
            expect(page.locator("#plan .node.running")).to_have_count(1, timeout=PATIENCE)
            assert pair.ask("SELECT count(*) FROM hugginggpt_leases") == [(1,)]
            balancer.turn(second)
            page.reload()
            expect(page.locator("#plan .node")).to_have_count(1, timeout=PATIENCE)  # as the other process sees it
            expect(page.locator("#box .stop-button")).to_be_visible(timeout=PATIENCE)
            expect(page.locator("#plan .node.done")).to_have_count(0)
            done(page, 1)
            expect(page.locator("#chat")).to_contain_text("waited: 25 s, once")
            assert pair.ask("SELECT count(*) FROM hugginggpt_leases") == [(0,)]
            assert page.locator("#chat").inner_text().count("waited: 25 s, once") == 1
            keep_picture(page, "two-servers")
            visitor.close()
