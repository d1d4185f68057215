"""The Ray cluster: found or started, its nodes, and the replicas on them."""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import ray
from ray import serve
from ray.serve.handle import DeploymentHandle

from tools.backends.local.once import Once
from tools.backends.local.pool import LoadedModel
from tools.backends.ray import calls
from tools.backends.ray.replica import Models
from tools.backends.ray.sizes import Node, Size, size_for, weigh
from tools.errors import ModelUnavailable
from tools.protocol import Call, Candidate, Output
from tools.settings import process_settings

T = TypeVar("T")
_NAMESPACE = "hugginggpt"
_PATIENCE = 5.0  # seconds for a first answer
_FRESH = 5.0  # seconds for which a look at the nodes counts
_AT_ONCE = 16  # calls that wait in one replica, where like ones become one batch
_AIM = 4  # calls a replica, beyond which another is started
_LOOPBACK = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"  # Ray takes 127.0.0.1 for the machine's own address
_joining = threading.Lock()


@dataclass(frozen=True)
class Replicas:
    """The running replicas of one size, and the models that each has in memory."""

    size: str
    loaded: Sequence[Sequence[LoadedModel]]


class Cluster:
    """Runs calls on replicas of the size that their models need."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(8, "ray")
        self._weights: Once[int] = Once(self._threads)
        self._handles: Once[DeploymentHandle] = Once(self._threads)
        self._nodes: list[Node] = []
        self._seen = -_FRESH

    async def weigh(self, candidate: Candidate, parts: Mapping[str, str]) -> int:
        """Bytes of a model's weights with those of its parts. Raises ModelUnavailable."""
        fetch, half = process_settings().download == "auto", any(node.cards for node in await self._machines())
        key = (candidate.task, candidate.model, candidate.revision, fetch, half)
        return await self._weights.get(key, weigh, candidate, parts, fetch, half)

    async def size(self, model: str, weights: int, least: int = 0) -> Size:
        """The smallest replica with room for so many bytes, of ``least`` GiB. Raises OutOfMemory."""
        return size_for(model, weights, await self._machines(), least)

    async def run(self, size: Size, call: Call, parts: Mapping[str, str]) -> Output:
        """The output of a call, from a replica of that size. Raises ModelError or InputError."""
        request, handle = await self._off_loop(calls.packed, call, parts), await self._handle(size)
        return await calls.send(handle, request)

    async def warm(self, size: Size, candidate: Candidate, parts: Mapping[str, str]) -> None:
        """Have a replica of that size load a model beside what it has. Raises ModelUnavailable."""
        await calls.send(await self._handle(size), calls.loading(candidate, parts))

    def nodes(self) -> list[Node]:
        """The machines that are there now. Blocks."""
        return _nodes()

    def replicas(self) -> list[Replicas]:
        """Those of every size that was ever wanted, with what they hold. Blocks."""
        names = sorted(name for name in serve.status().applications if name.startswith(_NAMESPACE))
        return [Replicas(name.removeprefix(f"{_NAMESPACE}-"), _loaded(name)) for name in names]

    async def _machines(self) -> list[Node]:
        if time.monotonic() - self._seen > _FRESH:
            self._nodes, self._seen = await self._off_loop(_nodes), time.monotonic()
        return self._nodes

    async def _handle(self, size: Size) -> DeploymentHandle:
        return await self._handles.get(size.name, _started, size)

    async def _off_loop(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)


def join(address: str) -> Cluster:
    """The cluster at ``HOST:PORT``; for ``auto`` the one that runs on this machine, else one of our own here.

    Not for the main thread of a server, whose signals Ray would take. Raises ModelUnavailable.
    """
    with _joining:
        return _joined(address)


@cache
def _joined(address: str) -> Cluster:
    options: dict[str, Any] = {
        "namespace": _NAMESPACE,
        "log_to_driver": False,
        "configure_logging": False,
        "runtime_env": {"env_vars": {"PYTHONDONTWRITEBYTECODE": ""}},  # else every worker compiles all that it imports
    }
    if ray.is_initialized():  # an earlier try came half the way
        ray.shutdown()
    try:
        _check(address)
        ray.init(address, **options)
    except (OSError, ValueError) as error:
        if address != "auto":
            raise ModelUnavailable(
                f"No Ray cluster answers at {address}: start it, correct HUGGINGGPT_RAY,"
                " or give its token (RAY_AUTH_TOKEN_PATH)."
            ) from error
        ray.init(_node_ip_address=_LOOPBACK, include_dashboard=False, **options)
    serve.start(proxy_location="Disabled")
    return Cluster()


def _check(address: str) -> None:
    if address != "auto":
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host, int(port)), _PATIENCE).close()


def _nodes() -> list[Node]:
    return [_node(node["NodeManagerAddress"], node["Resources"]) for node in ray.nodes() if node["Alive"]]


def _loaded(name: str) -> list[Sequence[LoadedModel]]:
    (models,) = serve.status().applications[name].deployments.values()
    if not models.replica_states.get("RUNNING"):
        return []
    answers = serve.get_app_handle(name).broadcast("loaded").results(timeout_s=_PATIENCE, return_exceptions=True)
    return [answer for answer in answers if not isinstance(answer, BaseException)]


def _node(name: str, resources: Mapping[str, float]) -> Node:
    cards = resources.get("GPU", 0)
    return Node(name, resources.get("CPU", 0), int(resources.get("memory", 0)), cards, _card() if cards else 0)


@cache
def _card() -> int:
    """Bytes of a card's memory, told by a worker that has one."""
    return int(ray.get(ray.remote(num_gpus=0.01, num_cpus=0)(_card_memory).remote()))


def _card_memory() -> int:
    import torch

    return int(torch.cuda.mem_get_info()[1])


def _started(size: Size) -> DeploymentHandle:
    """What takes calls for replicas of a size, which start when they are first wanted."""
    starter = ray.remote(Starter).options(
        name="starter", namespace=_NAMESPACE, get_if_exists=True, lifetime="detached", num_cpus=0, max_restarts=-1
    )
    ray.get(starter.remote().start.remote(size, process_settings().ray_replicas, process_settings().ray_idle))
    return serve.get_app_handle(size.name)


class Starter:
    """One for the cluster: what several processes want at the same time, it starts once."""

    def start(self, size: Size, most: int, idle: float) -> None:
        """Have up to ``most`` replicas of a size as calls come, and none after ``idle`` seconds without any."""
        if size.name in serve.status().applications:
            return
        scaling = {
            "min_replicas": 0,
            "max_replicas": most,
            "target_ongoing_requests": _AIM,
            "upscale_delay_s": 5,
            "downscale_delay_s": idle,
        }
        models = serve.deployment(
            Models,
            name="models",
            ray_actor_options=size.resources,
            autoscaling_config=scaling,
            max_ongoing_requests=_AT_ONCE,
        )
        serve.run(models.bind(size.weights), name=size.name, route_prefix=None)
