"""Fixtures that many tests share."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from benchmarks.support.stubs import Model, StubBackend
from tests.support import EXAMPLES
from tools.registry import BACKENDS
from tools.settings import override, overrides, process_settings, settings

hypothesis.settings.register_profile("steady", deadline=None, max_examples=60)  # a busy machine is no failure
hypothesis.settings.load_profile("steady")

os.environ["HUGGINGGPT_CATALOGUE_AGE"] = "0"  # no test asks the live Hub
os.environ.pop("HF_TOKEN", None)


def _set() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("HUGGINGGPT_")}


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    """What a test, or a command that it runs, sets for the process counts for that test alone."""
    environment, before = _set(), dict(overrides)
    yield
    if (after := _set()) != environment or overrides != before:
        for name in after.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
        overrides.clear()
        overrides.update(before)
        process_settings.cache_clear()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder: files may be read from it and from the examples, results go to ``outputs``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUGGINGGPT_OUT", "outputs")
    monkeypatch.setenv("HUGGINGGPT_FOLDERS", f'[".", "{EXAMPLES}"]')
    process_settings.cache_clear()
    yield tmp_path
    process_settings.cache_clear()


@pytest.fixture
def backends() -> Iterator[None]:
    """Puts the backends back that a test, or what it imports, replaces."""
    before = dict(BACKENDS)
    yield
    BACKENDS.clear()
    BACKENDS.update(before)


@pytest.fixture
def stubs(tmp_path: Path, backends: None) -> Iterator[Callable[..., StubBackend]]:
    """Replaces all backends by one whose models the test gives."""
    folders = {"out": settings().out, "cache_folder": settings().cache_folder}
    override(out=tmp_path / "outputs", cache_folder=tmp_path / "cache")
    BACKENDS.clear()

    def install(**models: Model) -> StubBackend:
        backend = StubBackend(models)
        BACKENDS["embedded"] = backend
        return backend

    yield install
    override(**folders)
