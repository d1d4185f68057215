"""When memory runs out, and what is worked out once."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tools.backends.local import Local
from tools.backends.local.engine import Engine
from tools.backends.local.once import Once
from tools.backends.local.placement import Placement, beside
from tools.backends.local.pool import Pool
from tools.backends.local.weights import chosen
from tools.errors import OutOfMemory
from tools.protocol import Call
from tools.settings import override

CARD = Placement("cuda:0", "bfloat16")


async def test_a_model_that_has_no_room_goes_elsewhere(
    call: Callable[..., Call], tiny_model: Callable[[str], Path]
) -> None:
    """As on a card: what does not fit there whole is spread over the card and the machine's memory."""
    asked: list[Placement] = []

    def elsewhere(place: Placement) -> Placement:
        asked.append(place)
        return Placement("cpu", "bfloat16")

    pool = Pool(lambda: 100_000)
    local = Local(Engine(pool, place=lambda: Placement("cpu", "float32"), elsewhere=elsewhere))
    assert (await local.run(call("text-to-image"))).media
    assert asked
    assert pool.loaded()[0].bytes == 100_000  # all that there is


async def test_where_there_is_nowhere_else_a_model_that_has_no_room_is_refused(call: Callable[..., Call]) -> None:
    local = Local(Engine(Pool(lambda: 100_000), elsewhere=lambda _: None))
    with pytest.raises(OutOfMemory, match="choose a smaller model"):
        await local.run(call("text-to-image"))


def test_only_a_card_can_share_with_the_machine() -> None:
    assert beside(CARD) == replace(CARD, spread=True)
    assert beside(replace(CARD, spread=True)) is None
    assert beside(Placement("cpu", "float32")) is None
    override(memory=4)
    assert beside(CARD) is None  # the owner has said how much all models together may take


async def test_what_many_ask_for_is_worked_out_once_and_a_failure_forgotten() -> None:
    once: Once[int] = Once(ThreadPoolExecutor(4))
    made, go = list[int](), threading.Event()

    def make(number: int) -> int:
        made.append(number)
        go.wait(5)
        if len(made) == 1:
            raise ValueError("not yet")
        return number

    waiting = [asyncio.create_task(once.get("a", make, 1)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # one who goes away stops nobody's
    await asyncio.sleep(0)
    go.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert made == [1]
    assert [type(each) for each in told] == [asyncio.CancelledError, *[ValueError] * 4]
    assert await once.get("a", make, 1) == 1
    assert await once.get("a", make, 2) == 1


@pytest.mark.parametrize(
    ("names", "half", "expected"),
    [
        (
            ["unet/a.json", "unet/diffusion_pytorch_model.safetensors"],
            True,
            ["unet/diffusion_pytorch_model.safetensors"],
        ),
        (
            ["unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors"],
            True,
            ["unet/diffusion_pytorch_model.fp16.safetensors"],
        ),
        (
            ["unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors"],
            False,
            ["unet/diffusion_pytorch_model.safetensors"],
        ),
        (["unet/diffusion_pytorch_model.fp16.safetensors"], False, ["unet/diffusion_pytorch_model.fp16.safetensors"]),
        (["unet/diffusion_pytorch_model.non_ema.safetensors"], True, []),
        (
            [f"unet/diffusion_pytorch_model.fp16-0000{i}-of-00002.safetensors" for i in (1, 2)],
            True,
            [f"unet/diffusion_pytorch_model.fp16-0000{i}-of-00002.safetensors" for i in (1, 2)],
        ),
    ],
)
def test_the_weights_that_loading_reads_are_told_by_their_names(
    names: list[str], half: bool, expected: list[str]
) -> None:
    variants = ("fp16", "") if half else ("", "fp16")
    assert chosen(names, ["unet"], variants) == (tuple(expected), None)


def test_a_shard_that_is_missing_is_named() -> None:
    names = ["config.json", "model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors"]
    assert chosen(names, [""], [""]) == ((), "model-00002-of-00003.safetensors")


def test_layers_of_sentence_transformers_belong_to_the_weights() -> None:
    names = ["model.safetensors", "2_Dense/model.safetensors", "onnx/model.safetensors", "1_Pooling/config.json"]
    assert chosen(names, [""], [""]) == (("model.safetensors", "2_Dense/model.safetensors"), None)
