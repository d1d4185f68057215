"""Local models on a Ray cluster: the same results, and what only a cluster has."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.cli.doctor import examine
from benchmarks.support.rays import RayCluster
from tests.tools.backends.local.test_bad_input import (  # noqa: F401 - run here, too
    damaged,
    test_a_missing_model_is_said_to_be_missing,
    test_a_table_without_the_right_columns_is_refused,
    test_pickled_weights_are_never_loaded,
    test_the_pool_works_on_after_a_failed_run,
)
from tests.tools.backends.local.test_parity import (  # noqa: F401 - run here, too
    test_a_caption,
    test_a_picture_for_a_seed,
    test_cells_of_a_table,
    test_classes_of_a_film,
    test_classes_of_a_recording,
    test_classes_of_an_image,
    test_entities_with_their_offsets,
    test_objects_and_their_boxes,
    test_regions_and_their_masks,
    test_text_classes,
    test_vectors_of_texts,
    test_words_rewritten,
)
from tests.tools.backends.local.test_together import (  # noqa: F401 - run here, too
    test_concurrent_calls_give_what_calls_in_turn_give,
    test_steps_of_diffusion_are_reported,
)
from tools import TOOLS
from tools.backends.local import Local
from tools.backends.ray import Ray
from tools.backends.ray.sizes import Node, size_for
from tools.errors import ModelUnavailable, OutOfMemory
from tools.progress import listener
from tools.protocol import Call
from tools.settings import override
from tools.tasks import TASKS

if TYPE_CHECKING:  # Ray reads its environment when it is imported
    from tools.backends.ray.cluster import Cluster

GIB = 2**30
CPU, CARD = Node("a", 8, 32 * GIB), Node("b", 16, 64 * GIB, 2, 80 * GIB)
Calls = Callable[..., Call]


@pytest.mark.parametrize(
    ("weights", "nodes", "expected"),
    [
        (10**6, [CPU], {"num_cpus": 0.5, "memory": 2 * GIB}),
        (5 * GIB, [CPU], {"num_cpus": 4, "memory": 16 * GIB}),
        (17 * GIB, [CPU], {"num_cpus": 8, "memory": 32 * GIB}),
        (10**6, [CPU, CARD], {"num_cpus": 1, "num_gpus": 0.125}),
        (14 * GIB, [CPU, CARD], {"num_cpus": 4, "num_gpus": 0.5}),
        (36 * GIB, [CPU, CARD], {"num_cpus": 7, "num_gpus": 0.875}),
        (6 * GIB, [Node("c", 4, 15 * GIB)], {"num_cpus": 4, "memory": 15 * GIB}),  # no power of two, and still enough
    ],
)
def test_a_replica_gets_the_part_of_a_node_that_its_weights_need(
    weights: int, nodes: list[Node], expected: dict[str, float]
) -> None:
    assert size_for("ann/model", weights, nodes).resources == expected


def test_a_model_that_fits_nowhere_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        OutOfMemory, match=r"ann/model needs 67 GiB and the largest node of the Ray cluster has 32.0 GiB"
    ):
        size_for("ann/model", 40 * GIB, [CPU])


async def test_a_large_model_is_refused_by_the_cluster_that_is_there(local: Ray) -> None:
    with pytest.raises(OutOfMemory, match=r"the largest node of the Ray cluster has 4.0 GiB"):
        await (await local.cluster()).size("ann/model", 3 * GIB)


async def test_one_setting_moves_local_models_to_the_cluster(
    workspace: Path, tiny_model: Callable[[str], Path]
) -> None:
    model = tiny_model("depth-estimation")
    (workspace / "mine.toml").write_text(f'[[models]]\nmodel = "{model}"\ntask = "depth-estimation"\n')
    override(models=workspace / "mine.toml")
    Image.new("RGB", (1200, 900), "red").save(workspace / "large.png")  # several MB on their way
    assert not Local().candidates(TASKS["depth-estimation"])
    given = {"type": "tool_call", "id": "1", "name": "depth-estimation", "args": {"image": "large.png"}}
    told = (await TOOLS["depth-estimation"].ainvoke(given)).artifact
    assert (told["backend"], told["device"], told["model"]) == ("ray", "ray", str(model))
    with Image.open(told["files"][0]) as made:
        assert made.size == (1200, 900)
    assert json.loads(Path(told["files"][0]).with_suffix(".json").read_text())["backend"] == "ray"


async def test_a_cancelled_generation_stops_on_the_cluster(local: Ray, call: Calls) -> None:
    override(steps=100)
    steps, begun = list[float](), asyncio.Event()
    token = listener.set(lambda *_: (steps.append(time.monotonic()), begun.set())[0])
    await local.run(call("text-to-image"))
    whole = steps[-1] - steps[0]
    begun.clear()
    running = asyncio.create_task(local.run(call("text-to-image")))
    listener.reset(token)
    await asyncio.wait_for(begun.wait(), 60)
    running.cancel()
    cancelled = time.monotonic()
    cluster = await local.cluster()
    while await asyncio.to_thread(_busy, cluster):
        assert time.monotonic() - cancelled < whole, "it goes on though nobody waits for it"
    assert len(steps) < 200


def _busy(cluster: "Cluster") -> bool:
    return any(model.busy for replicas in cluster.replicas() for held in replicas.loaded for model in held)


async def test_a_call_whose_replica_dies_is_answered_by_another_once(
    local: Ray, call: Calls, cluster: RayCluster
) -> None:
    override(steps=100)
    steps, begun, loop = list[tuple[int, int]](), asyncio.Event(), asyncio.get_running_loop()

    def at_step(step: int, of: int) -> None:
        steps.append((step, of))
        loop.call_soon_threadsafe(begun.set)

    token = listener.set(at_step)
    request = call("text-to-image", seed=7)
    running = asyncio.create_task(local.run(request))
    listener.reset(token)
    await asyncio.wait_for(begun.wait(), 60)
    before = cluster.nodes[0].replicas()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    output = await running
    assert set(before).isdisjoint(cluster.nodes[0].replicas())
    assert [step for step, of in steps if step == of] == [steps[-1][1]]  # one run came to its end
    assert np.array_equal(np.asarray(output.media[0]), np.asarray((await local.run(request)).media[0]))


async def test_doctor_shows_nodes_replicas_and_loaded_models(local: Ray, call: Calls) -> None:
    request = call("text-classification")
    await local.warm(request.candidate)
    found = {finding.what: finding for finding in await asyncio.to_thread(examine)}
    assert found["Ray node 127.0.0.2"].detail == "1 cores, 4.0 GiB for models"
    assert request.candidate.model in found["Ray replicas cpu-2g"].detail


async def test_a_cluster_that_does_not_answer_is_said_to_be_missing(call: Calls) -> None:
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        override(ray=f"127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(ModelUnavailable, match=r"No Ray cluster answers at 127.0.0.1"):
            await Ray().run(call("text-classification"))
        assert any(each.what == "Ray cluster" and each.state == "failing" for each in await asyncio.to_thread(examine))


@pytest.mark.nightly
async def test_replicas_that_nobody_calls_end_and_the_next_call_starts_one(call: Calls, cluster: RayCluster) -> None:
    from ray import serve

    for size in serve.status().applications:
        serve.delete(size)
    override(ray_idle=2)
    backend, request = Ray(), call("text-classification")
    first = await backend.run(request)
    end = time.monotonic() + 200
    while cluster.nodes[0].replicas():
        assert time.monotonic() < end, "a replica runs on though nobody calls it"
        await asyncio.sleep(1)
    assert (await backend.run(request)).data == first.data
