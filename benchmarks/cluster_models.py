"""Models on a Ray cluster of two nodes on this machine: what Ray adds to a call, and how two replicas share the load.

    python -m benchmarks.cluster_models [--calls 100] [--show]

The models are random, and each replica has one thread. ``--show`` kills a node while calls are under way.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.pipelines import TASK, TEXT, build
from benchmarks.support.rays import RayCluster, ray_cluster
from tools.backends.local import Local
from tools.backends.ray import Ray
from tools.protocol import Backend, Call, Candidate
from tools.settings import override
from tools.tasks import TASKS

_NODE = 2  # GiB: room for one replica, which has the node's one core
_AT_ONCE = 24  # calls under way


@contextmanager
def two_nodes() -> Iterator[RayCluster]:
    """A cluster, and this process set to use it."""
    with ray_cluster(_NODE, _NODE) as cluster:
        os.environ.update({**cluster.environment, "OMP_NUM_THREADS": "1"})  # this process as each replica
        override(ray=cluster.address, download="never")
        yield cluster
        import ray

        ray.shutdown()


def call(model: Path, text: str) -> Call:
    """A text to be classified."""
    return Call(TASKS[TASK], Candidate(model=str(model), task=TASK, backend="ray"), {"text": text})


async def measure(calls: int) -> dict[str, dict[str, float]]:
    """Milliseconds that Ray adds to a call, and calls a second of one and of two replicas."""
    with tempfile.TemporaryDirectory() as folder, two_nodes() as cluster:
        tiny, medium = [await asyncio.to_thread(build, name, Path(folder)) for name in ("tiny", "medium")]
        added, both = await _added(tiny, calls), await _rate(medium, 2, calls)
        await asyncio.to_thread(cluster.nodes[1].kill)
        single = await _rate(medium, 1, calls)
    return {
        "models_latency": added,
        "models_load": {"calls_per_s_1": single, "calls_per_s_2": both, "scaling": both / single},
    }


async def lose_a_node(calls: int = 40) -> dict[str, int]:
    """Kill one of two nodes while both work; how many calls were answered, and how often by their own text."""
    with tempfile.TemporaryDirectory() as folder, two_nodes() as cluster:
        model = await asyncio.to_thread(build, "medium", Path(folder))
        ray = Ray()
        await _until(ray, model, 2)
        print("Two Ray nodes are up, and a replica works on each.")
        waiting = [asyncio.create_task(ray.run(call(model, f"{number}. {TEXT * 8}"))) for number in range(calls)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(cluster.nodes[1].kill)
        under_way = sum(not task.done() for task in waiting)
        print(f"One node was killed, with {under_way} of {calls} calls under way.")
        answers = await asyncio.gather(*waiting, return_exceptions=True)
    return {"asked": calls, "answered": sum(not isinstance(answer, BaseException) for answer in answers)}


async def _added(model: Path, rounds: int) -> dict[str, float]:
    """Medians of calls to the model in this process and on the cluster, taken in turn."""
    here, there = Local(), Ray()

    async def once(backend: Backend) -> float:
        begun = time.perf_counter()
        await backend.run(call(model, TEXT))
        return 1000 * (time.perf_counter() - begun)

    for _ in range(5):  # both warm
        await asyncio.gather(once(here), once(there))
    pairs = [(await once(here), await once(there)) for _ in range(rounds)]
    local, ray = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {"in_process_p50_ms": local, "ray_p50_ms": ray, "added_p50_ms": ray - local}


async def _rate(model: Path, replicas: int, calls: int) -> float:
    """Calls a second of so many replicas, all of which work."""
    ray = Ray()
    await _until(ray, model, replicas)
    begun = time.perf_counter()
    await _load(ray, model, calls)
    return calls / (time.perf_counter() - begun)


async def _load(ray: Ray, model: Path, calls: int) -> None:
    room = asyncio.Semaphore(_AT_ONCE)

    async def ask(number: int) -> None:
        async with room:
            await ray.run(call(model, f"{number}. {TEXT * 8}"))

    await asyncio.gather(*(ask(number) for number in range(calls)))


async def _until(ray: Ray, model: Path, replicas: int) -> None:
    """Work until so many replicas hold the model."""
    for _ in range(200):
        await _load(ray, model, 2 * _AT_ONCE)
        held = await asyncio.to_thread((await ray.cluster()).replicas)
        holding = [any(loaded.model == str(model) for loaded in replica) for size in held for replica in size.loaded]
        if sum(holding) >= replicas:
            return
    raise RuntimeError(f"{replicas} replicas never came up.")


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument(
        "--show", action="store_true", help="kill a node while calls are under way, and count the answers"
    )
    options = parser.parse_args()
    print(json.dumps(asyncio.run((lose_a_node if options.show else measure)(options.calls))))


if __name__ == "__main__":
    main()
