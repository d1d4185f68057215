"""Files have links where a server serves them, and the links lead back to the files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.runnables.config import set_config_context

from tools.files.artifacts import address, local
from tools.settings import process_settings


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HUGGINGGPT_OUT", "outputs")
    monkeypatch.setenv("HUGGINGGPT_PUBLIC_URL", "http://127.0.0.1:1/")
    process_settings.cache_clear()
    yield
    process_settings.cache_clear()


def as_owner(owner: str, path: str) -> tuple[str, str]:
    with set_config_context({"configurable": {"langgraph_auth_user_id": owner}}) as scope:
        link = scope.run(address, path)
        return link, scope.run(local, link)


@pytest.mark.parametrize(
    ("owner", "path", "link"),
    [
        ("ann", "outputs/ann/a b.png", "http://127.0.0.1:1/artifacts/a%20b.png"),
        ("ann/browser", "outputs/ann/browser/x.png", "http://127.0.0.1:1/artifacts/browser/x.png"),
    ],
)
def test_a_link_leads_to_the_file_and_back(served: None, owner: str, path: str, link: str) -> None:
    assert as_owner(owner, path) == (link, path)


def test_what_is_not_the_owner_s_has_no_link(served: None) -> None:
    for path in ("outputs/bob/x.png", "/etc/passwd", "outputs/ann"):
        assert as_owner("annie", path) == (path, path)


def test_without_a_server_a_path_stays_a_path() -> None:
    assert address(str(Path("outputs/x.png"))) == str(Path("outputs/x.png"))
