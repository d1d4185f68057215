"""One Ray cluster for the session, on loopback; what is here called ``local`` runs on it."""

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from benchmarks.support.rays import RayCluster, ray_cluster
from tests.tools.backends.local.conftest import call, few_steps, tiny_model
from tools.backends.ray import Ray
from tools.settings import override, settings

__all__ = ["call", "few_steps", "tiny_model"]
collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]  # without the extra `local` there is nothing to test


@pytest.fixture(scope="session")
def cluster() -> Iterator[RayCluster]:
    """One node, with room for two replicas of the smallest size."""
    with ray_cluster(4) as running:
        os.environ.update(running.environment)
        yield running
        import ray

        ray.shutdown()
        for name in running.environment:
            del os.environ[name]


@pytest.fixture(autouse=True)
def on_the_cluster(cluster: RayCluster) -> Iterator[None]:
    """Local models run there."""
    before = settings().ray
    override(ray=cluster.address)
    yield
    override(ray=before)


@pytest.fixture(scope="session")
def local(cluster: RayCluster) -> Ray:
    """The backend that takes the local one's place."""
    return Ray()
