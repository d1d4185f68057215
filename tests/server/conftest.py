"""Servers started once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from app.server import keys
from tests.server.process import Guarded, Server, start_dev


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The development server without keys, shared by the tests of this folder."""
    server = start_dev(tmp_path_factory.mktemp("dev"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The development server with a model that waits as long as it is told."""
    server = start_dev(tmp_path_factory.mktemp("waiting"), graph="benchmarks.support.waiting:graph")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """The development server with keys, shared by the tests of this folder."""
    folder = tmp_path_factory.mktemp("guarded")
    ann, bob = keys.add(folder / "keys.json", "ann"), keys.add(folder / "keys.json", "bob")
    server = start_dev(folder, HUGGINGGPT_KEYS=str(folder / "keys.json"), HUGGINGGPT_PAGE="true")
    yield Guarded(server, ann, bob)
    server.stop()
