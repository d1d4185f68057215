"""On a GPU: models run there, are counted by its memory, and are freed from it."""

import asyncio
from collections.abc import Callable

import pytest
import torch

from tools.backends.local import Local
from tools.backends.local.placement import budget, placement
from tools.backends.local.recipes import RECIPES
from tools.protocol import Call

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")]
OFF_GPU = {"tabular-classification"}
SLOW = {"image-to-video"}


@pytest.mark.parametrize("task", sorted(set(RECIPES) - OFF_GPU - SLOW))
async def test_a_tiny_model_does_its_task_on_the_gpu(task: str, local: Local, call: Callable[..., Call]) -> None:
    output = await local.run(call(task))
    assert output.text or output.data is not None or output.media


def test_weights_are_half_precision_there_and_the_budget_is_the_cards() -> None:
    assert placement().device.startswith("cuda")
    assert placement().dtype in {"bfloat16", "float16"}
    assert 0 < budget() < torch.cuda.get_device_properties(0).total_memory


async def test_freeing_a_model_frees_its_memory(call: Callable[..., Call]) -> None:
    local = Local()
    await local.run(call("text-to-image"))
    local.forget()
    empty = torch.cuda.memory_allocated()
    await local.run(call("text-to-image"))
    assert torch.cuda.memory_allocated() > empty
    local.forget()
    assert torch.cuda.memory_allocated() <= empty


async def test_calls_at_once_are_right_on_the_gpu(local: Local, call: Callable[..., Call]) -> None:
    texts = [f"Ada number {i}" for i in range(32)]
    together = await asyncio.gather(*(local.run(call("text-classification", text=text)) for text in texts))
    alone = [await local.run(call("text-classification", text=text)) for text in texts]
    for one, other in zip(alone, together, strict=True):
        assert one.data[0]["score"] == pytest.approx(other.data[0]["score"], abs=0.02)
