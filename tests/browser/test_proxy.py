"""The server behind a proxy, under a path of its own and with keys: as it stands in the world."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from app.server import keys
from tests.browser.conftest import PATIENCE, ask, at_rest, keep_picture, sign_in
from tests.server.process import free_port, start
from tests.support import EXAMPLES
from tests.support.loopback import running
from tests.support.proxy import BELOW, reverse_proxy


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """Where the proxy is, a key, and the server's access log."""
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    public, key, log = f"http://127.0.0.1:{port}{BELOW}", keys.add(folder / "keys.json", "ann"), folder / "access"
    env = {"HUGGINGGPT_PUBLIC_URL": public, "HUGGINGGPT_KEYS": str(folder / "keys.json"), "HUGGINGGPT_PAGE": "true"}
    env |= {"HUGGINGGPT_PROXIES": '["127.0.0.1"]', "HUGGINGGPT_ACCESS_LOG": str(log)}
    server = start(["app.cli.main", "serve"], folder, "/health", **env)
    try:
        with running(reverse_proxy(server.url, port)):
            yield public, key, log
    finally:
        server.stop()


def test_links_of_answers_lead_through_the_proxy_and_open_without_a_key(behind: tuple[str, str, Path]) -> None:
    public, key, _ = behind
    with httpx.Client(headers={"Authorization": f"Bearer {key}", "Origin": public.removesuffix(BELOW)}) as http:
        sent = http.post(
            f"{public}/uploads", files={"file": ("n.png", (EXAMPLES / "notice.png").read_bytes())}, timeout=60
        )
        (uploaded,) = sent.json()
        asked = [{"role": "user", "content": f"Show me the outlines of {uploaded['url']}"}]
        answer = http.post(f"{public}/v1/chat/completions", json={"model": "hugginggpt", "messages": asked}, timeout=60)
    words = answer.json()["choices"][0]["message"]["content"]
    link = words.partition(f"({public}/artifacts/")[2].partition(")")[0]
    assert link, words
    assert httpx.get(f"{public}/artifacts/{link}").headers["content-type"] == "image/png"


def test_another_site_s_page_is_shut_out_behind_a_proxy_too(behind: tuple[str, str, Path]) -> None:
    public, key, _ = behind
    headers = {"Authorization": f"Bearer {key}", "Origin": "http://elsewhere.example"}
    assert httpx.get(f"{public}/v1/models", headers=headers).status_code == 403
    assert httpx.get(f"{public}/v1/models").status_code == 401


def test_the_page_works_under_the_proxy_s_path(behind: tuple[str, str, Path], chromium: Browser) -> None:
    public, key, _ = behind
    visitor = chromium.new_context()
    page = visitor.new_page()
    page.goto(f"{public}/app/")
    keep_picture(page, "sign-in")
    sign_in(page, key)
    assert page.url == f"{public}/app/"
    ask(page, "Show me the outlines of this picture.", EXAMPLES / "notice.png")
    expect(page.locator("#plan .node.done")).to_have_count(1, timeout=PATIENCE)
    at_rest(page)
    picture = page.locator("#chat img").last
    expect(picture).to_be_visible(timeout=PATIENCE)
    assert picture.evaluate("picture => picture.naturalWidth > 0")
    keep_picture(page, "behind-a-proxy")
    page.get_by_text("All conversations and files").click()
    with page.expect_download() as taking:
        page.click("#export")
    assert taking.value.path().stat().st_size > 1000
    page.click("#sign-out")
    expect(page.get_by_label("Your key")).to_be_visible(timeout=PATIENCE)
    visitor.close()


def test_a_trusted_proxy_is_believed_who_asks(behind: tuple[str, str, Path]) -> None:
    public, key, log = behind
    httpx.get(f"{public}/v1/models", headers={"Authorization": f"Bearer {key}"})
    assert json.loads(log.read_text().splitlines()[-1])["client"] == "203.0.113.7"
