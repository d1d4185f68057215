"""Fixtures that many tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.stubs import Model, StubBackend
from tools.backends import BACKENDS
from tools.settings import override, settings


@pytest.fixture
def stubs(tmp_path: Path) -> Iterator[Callable[..., StubBackend]]:
    """Replaces all backends by one whose models the test gives."""
    before, out = dict(BACKENDS), settings().out
    override(out=tmp_path)
    BACKENDS.clear()

    def install(**models: Model) -> StubBackend:
        backend = StubBackend(models)
        BACKENDS["embedded"] = backend
        return backend

    yield install
    BACKENDS.clear()
    BACKENDS.update(before)
    override(out=out)
