"""A running Hub, and the owner's own models, for tests of endpoints."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.hub import Hub, serving
from tests.tools.backends.endpoint.calls import MODELS, TOKEN
from tools.models import hub as catalogue
from tools.settings import process_settings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Path]]:
    """The server, and a folder with what its Hub answers."""
    folder = tmp_path_factory.mktemp("cache")
    with serving(MODELS) as server:
        answers = catalogue.Hub(folder / "hub", 0)
        for tag in {model.tag for model in MODELS.values()}:
            answers.refresh(tag)
        yield server, folder


@pytest.fixture
def remote(server: tuple[Hub, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The server, with a token set and a catalogue as it stands after the Hub answered."""
    hub, folder = server
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HUGGINGGPT_CACHE_FOLDER", str(folder))
    monkeypatch.setenv("HUGGINGGPT_CATALOGUE_AGE", "0")
    process_settings.cache_clear()
    catalogue.hub.cache_clear()
    hub.requests.clear()
    hub.polls = hub.inferred = 0
    hub.cancelled.clear()
    hub.free.set()
    yield hub
    process_settings.cache_clear()
    catalogue.hub.cache_clear()


@pytest.fixture
def config(remote: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Writes the user's own models."""

    def write(*entries: str) -> None:
        path = tmp_path / f"{len(list(tmp_path.glob('*.toml')))}-models.toml"
        path.write_text("".join(f"[[models]]\n{entry}\n" for entry in entries))
        monkeypatch.setenv("HUGGINGGPT_MODELS", str(path))
        process_settings.cache_clear()

    yield write
    process_settings.cache_clear()
